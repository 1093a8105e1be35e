"""The files of a version: each stored under a key and read back only if it is what was recorded.

A file too large for one object is cut: ``model.skops`` is then ``model.skops.part-0000`` and so on,
each a stored file of its own.
"""

from collections.abc import Mapping

from headgate.contract import Contract
from headgate.documents.base import sha256_of
from headgate.documents.version import Manifest, StoredFile
from headgate.errors import IntegrityError, NotFoundError
from headgate.scoring.golden import GoldenRows
from headgate.store import ObjectNotFoundError, Reader, Store
from headgate.store.keys import MAX_OBJECT_BYTES

MODEL = "model.skops"
CONTRACT = "contract.json"
METRICS = "metrics.json"
GOLDEN = "golden.json"
REFERENCE = "reference.json"
HOLDOUT = "holdout.parquet"
TRAINING_ROWS = "training_rows.npy"
ENVIRONMENT = "environment.txt"
REPORT = "report.html"
COMPILED = "compiled.zip"

Files = Mapping[str, StoredFile]


def cut(name: str, data: bytes, size: int = MAX_OBJECT_BYTES) -> dict[str, bytes]:
    """Return a file's bytes under its name, or its parts under theirs where it is larger.

    >>> cut("a.bin", b"12345", size=2)
    {'a.bin.part-0000': b'12', 'a.bin.part-0001': b'34', 'a.bin.part-0002': b'5'}
    """
    if len(data) <= size:
        return {name: data}
    starts = range(0, len(data), size)
    return {f"{name}.part-{i:04d}": data[at : at + size] for i, at in enumerate(starts)}


def parts_of(files: Files, name: str) -> tuple[StoredFile, ...]:
    """Return the stored files that make up a file, in order; none if there is no such file."""
    if name in files:
        return (files[name],)
    return tuple(files[part] for part in sorted(files) if part.startswith(f"{name}.part-"))


def read_stored(store: Reader, file: StoredFile) -> bytes:
    """Return the bytes of one stored file.

    Raises:
        IntegrityError: if it is gone, or its size or SHA-256 is not what was recorded.
    """
    try:
        data = store.get(file.key)
    except ObjectNotFoundError as err:
        raise IntegrityError(f"{err} A version needs it; restore it from a backup.") from err
    if len(data) != file.size or sha256_of(data) != file.sha256:
        raise IntegrityError(
            f"{file.key!r} is not what was recorded: {len(data)} bytes with SHA-256 "
            f"{sha256_of(data):.12}… instead of {file.size} with {file.sha256:.12}…. It was "
            "altered or damaged; restore it from a backup. It was not used."
        )
    return data


def read_from(store: Reader, files: Files, name: str, owner: str) -> bytes:
    """Return the verified bytes of a file by its name; ``owner`` says whose it is.

    Raises:
        NotFoundError: if there is no such file.
        IntegrityError: if its bytes are not those recorded.
    """
    parts = parts_of(files, name)
    if not parts:
        raise NotFoundError(f"{owner} has no file {name!r} (it has: {', '.join(sorted(files))}).")
    return b"".join(read_stored(store, part) for part in parts)


def read_file(store: Reader, manifest: Manifest, name: str) -> bytes:
    """Return the verified bytes of one of a version's files.

    Raises:
        NotFoundError: if the version has no such file.
        IntegrityError: if its bytes are not those recorded.
    """
    return read_from(store, manifest.files, name, f"{manifest.model}@{manifest.version}")


def read_contract(store: Reader, manifest: Manifest) -> Contract:
    """Return the contract of a version."""
    return Contract.from_bytes(read_file(store, manifest, CONTRACT), CONTRACT)


def read_golden(store: Reader, manifest: Manifest) -> GoldenRows:
    """Return the golden rows of a version."""
    return GoldenRows.from_bytes(read_file(store, manifest, GOLDEN), GOLDEN)


def check_files(store: Store, files: Files) -> None:
    """Read every named file once.

    Raises:
        IntegrityError: if one is gone, or its size or SHA-256 is not what was recorded.
    """
    for file in files.values():
        read_stored(store, file)


def verify_ref(store: Store, files: Files) -> bool:
    """Tell whether every named file is there with its size and SHA-256."""
    try:
        check_files(store, files)
    except IntegrityError:
        return False
    return True
