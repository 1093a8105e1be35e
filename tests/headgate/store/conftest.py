import pytest

from tests.fixtures_s3 import s3_endpoint, s3_url

pytest.register_assert_rewrite("tests.headgate.store.conformance")

__all__ = ["s3_endpoint", "s3_url"]
