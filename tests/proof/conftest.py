"""The proofs share the real services of `make test-services`."""

from tests.services.conftest import radosgw_endpoint, radosgw_url

__all__ = ["radosgw_endpoint", "radosgw_url"]
