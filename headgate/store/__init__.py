"""The store: immutable objects in a local folder or on S3, created by put-if-absent."""

from headgate.store.opening import open_store
from headgate.store.port import ObjectInfo, ObjectNotFoundError, Reader, Store, StoreRefusedError
from headgate.store.probe import prove_put_if_absent

__all__ = [
    "ObjectInfo",
    "ObjectNotFoundError",
    "Reader",
    "Store",
    "StoreRefusedError",
    "open_store",
    "prove_put_if_absent",
]
