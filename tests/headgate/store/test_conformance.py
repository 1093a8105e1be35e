"""Every store of ours is held to the same rules."""

from pathlib import Path

import pytest

from headgate.store import Store, open_store
from headgate.store.local import LocalStore
from headgate.store.s3 import S3Store
from tests.headgate.store.conformance import StoreConformance


class TestLocalStore(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store(str(tmp_path / "runtime"))


class TestLocalStoreWithoutUnnamedFiles(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "runtime", unnamed_files=False)


class TestS3Store(StoreConformance):
    @pytest.fixture
    def store(self, s3_url: str) -> Store:
        return open_store(s3_url)


class TestS3StoreOfAWholeBucketWithSmallPages(StoreConformance):
    @pytest.fixture
    def store(self, s3_url: str) -> Store:
        bucket, _, _ = s3_url.removeprefix("s3://").partition("/")
        return S3Store(bucket, page_size=2)
