"""A store in a bucket of any S3-compatible service."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from headgate.errors import UsageError
from headgate.store.keys import folder_prefix, validate_key, validate_prefix, validate_size
from headgate.store.port import ObjectInfo, ObjectNotFoundError, StoreFailedError
from headgate.store.s3_errors import explained, is_refusal, is_transient, status_of
from headgate.store.s3_requests import PAUSES_SECONDS, new_client, patiently, wait
from headgate.store.urls import shown_url

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        ListObjectsV2OutputTypeDef,
        ListObjectsV2RequestTypeDef,
        PutObjectRequestTypeDef,
    )

_Answer = TypeVar("_Answer")


class S3Store:
    """Objects in a bucket, under a key prefix; credentials come from the standard AWS chain.

    A request is tried six times over about three seconds, each with 5 s to connect and 30 s to
    answer. Thread-safe.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        page_size: int = 1000,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._bucket = bucket
        self._prefix = folder_prefix(prefix)
        self._page_size = page_size
        self._pauses_seconds = tuple(pauses_seconds)
        self._bucket_known = False
        self.url = f"s3://{bucket}/{self._prefix}".rstrip("/")
        try:
            self._client = new_client()
        except (BotoCoreError, ValueError) as err:
            raise UsageError(
                f"S3 bucket {bucket!r} cannot be opened ({type(err).__name__}). Check "
                "AWS_ENDPOINT_URL, AWS_PROFILE and the AWS configuration file."
            ) from err

    def get(self, key: str) -> bytes:
        data = self.find(key)
        if data is None:
            raise ObjectNotFoundError(key, self.url)
        return data

    def find(self, key: str) -> bytes | None:
        name = self._name(key)
        with self._explained():
            return self._patiently(lambda: self._read(name))

    def head(self, key: str) -> ObjectInfo | None:
        name = self._name(key)
        with self._explained():
            try:
                answer = self._patiently(
                    lambda: self._client.head_object(Bucket=self._bucket, Key=name)
                )
            except ClientError as err:
                if status_of(err) != 404:
                    raise
                # HEAD does not say whether the object is missing or the whole bucket.
                self._require_bucket()
                return None
        modified_at = answer["LastModified"].astimezone(UTC)
        return ObjectInfo(key, answer["ContentLength"], modified_at)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        name = self._name(key)
        validate_size(key, data)
        with self._explained():
            for pause_seconds in self._pauses_seconds:
                ours = self._try_to_create(name, data)
                if ours is not None:
                    return ours
                wait(pause_seconds)
            return self._create_or_settle(name, data)

    def put(self, key: str, data: bytes) -> None:
        name = self._name(key)
        validate_size(key, data)
        with self._explained():
            self._patiently(lambda: self._write(name, data))

    def delete(self, key: str) -> None:
        name = self._name(key)
        with self._explained():
            self._patiently(lambda: self._client.delete_object(Bucket=self._bucket, Key=name))

    def names(self, prefix: str) -> list[str]:
        folder = self._prefix + folder_prefix(prefix)
        names: set[str] = set()
        for page in self._pages({"Bucket": self._bucket, "Prefix": folder, "Delimiter": "/"}):
            names |= {found["Key"].removeprefix(folder) for found in page.get("Contents", [])}
            names |= {
                found["Prefix"].removeprefix(folder).removesuffix("/")
                for found in page.get("CommonPrefixes", [])
            }
        return sorted(names - {""})

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        query: ListObjectsV2RequestTypeDef = {
            "Bucket": self._bucket,
            "Prefix": self._prefix + validate_prefix(prefix),
        }
        if start_after:
            query["StartAfter"] = self._prefix + start_after
        for page in self._pages(query):
            for found in page.get("Contents", []):
                key = found["Key"].removeprefix(self._prefix)
                # Consoles mark a folder by an empty object whose key ends in a slash.
                if key and not key.endswith("/"):
                    yield ObjectInfo(key, found["Size"], found["LastModified"].astimezone(UTC))

    def uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._name(key)}"

    def _name(self, key: str) -> str:
        return self._prefix + validate_key(key)

    def _read(self, name: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def _write(self, name: str, data: bytes, *, if_absent: bool = False) -> None:
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        request: PutObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": name,
            "Body": data,
            "ContentMD5": base64.b64encode(digest).decode(),
        }
        if if_absent:
            request["IfNoneMatch"] = "*"
        self._client.put_object(**request)

    def _try_to_create(self, name: str, data: bytes) -> bool | None:
        """Return whether the object there is ours, or None when the put is to be repeated."""
        try:
            self._write(name, data, if_absent=True)
        except (BotoCoreError, ClientError) as err:
            if is_refusal(err):
                # Nothing there: it was deleted meanwhile, or the writer we met has failed.
                found = self._patiently(lambda: self._read(name))
                return None if found is None else found == data
            if not is_transient(err):
                raise
            return None
        return True

    def _create_or_settle(self, name: str, data: bytes) -> bool:
        """Put a last time; where the reply says nothing certain, let one read decide."""
        try:
            self._write(name, data, if_absent=True)
        except (BotoCoreError, ClientError) as err:
            found = self._read(name)
            if found is not None:
                return found == data
            if not is_refusal(err):
                raise
            raise StoreFailedError(
                f"S3 bucket {self._bucket!r} refused again and again to create "
                f"{name!r}, though nothing is there. Stop what deletes there and ask again."
            ) from err
        return True

    def _require_bucket(self) -> None:
        if not self._bucket_known:
            self._patiently(lambda: self._client.head_bucket(Bucket=self._bucket))
            self._bucket_known = True

    def _pages(
        self, query: "ListObjectsV2RequestTypeDef"
    ) -> "Iterator[ListObjectsV2OutputTypeDef]":
        token: str | None = None
        while True:
            asked = query.copy()
            asked["MaxKeys"] = self._page_size
            if token:
                asked["ContinuationToken"] = token
            with self._explained():
                page = self._patiently(partial(self._client.list_objects_v2, **asked))
            yield page
            token = page.get("NextContinuationToken")
            if not token:
                return

    def _patiently(self, request: Callable[[], _Answer]) -> _Answer:
        return patiently(request, self._pauses_seconds)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as err:
            endpoint = shown_url(self._client.meta.endpoint_url)
            raise explained(err, self._bucket, endpoint) from err
