"""The bytes of a compiled form: a zip of JSON and arrays, read within bounds."""

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from headgate.errors import IntegrityError

Array = NDArray[Any]
Arrays = Mapping[str, Array]

DOCUMENT = "form.json"
ARRAYS = "arrays/"
MAX_BYTES = 1024**3
MAX_MEMBERS = 20_000
KINDS = frozenset("biuf")
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Archive:
    """The parts of a form: its document, and its arrays by name."""

    document: bytes
    arrays: dict[str, Array] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return one zip: equal parts give equal bytes."""
        members = {DOCUMENT: self.document}
        members |= {f"{ARRAYS}{name}.npy": _npy(a) for name, a in sorted(self.arrays.items())}
        written = io.BytesIO()
        with ZipFile(written, "w") as archive:
            for name, data in members.items():
                info = ZipInfo(name, EPOCH)
                info.compress_type = ZIP_DEFLATED
                info.create_system = 3
                archive.writestr(info, data)
        return written.getvalue()


def read_archive(data: bytes) -> Archive:
    """Read the parts back; the arrays are read-only.

    Raises:
        IntegrityError: if the bytes are damaged, too large, or hold anything else.
    """
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_size(archive)
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        document = members.pop(DOCUMENT)
        arrays = {
            name.removeprefix(ARRAYS).removesuffix(".npy"): _array(members[name])
            for name in members
            if name.startswith(ARRAYS)
        }
    except (BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError) as err:
        raise IntegrityError(
            f"The compiled form cannot be read ({type(err).__name__}). It was damaged or altered; "
            "restore it from a backup, or train the version again."
        ) from err
    return Archive(document, arrays)


def _check_size(archive: ZipFile) -> None:
    infos = archive.infolist()
    # A member never unpacks to more than its entry says: reading stops there.
    size = sum(info.file_size for info in infos)
    if len(infos) > MAX_MEMBERS or size > MAX_BYTES:
        raise IntegrityError(
            f"The compiled form unpacks to {size} bytes in {len(infos)} members; "
            f"at most {MAX_BYTES} in {MAX_MEMBERS} are read."
        )


def _npy(array: Array) -> bytes:
    written = io.BytesIO()
    npy.write_array(written, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return written.getvalue()


def _array(data: bytes) -> Array:
    """Return an array over the bytes themselves, so that a header cannot ask for more memory."""
    stream = io.BytesIO(data)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("not an array of this format")
    shape, fortran, dtype = npy.read_array_header_1_0(stream)
    if dtype.kind not in KINDS or fortran or any(side < 0 for side in shape):
        raise ValueError("not a plain array")
    flat = np.frombuffer(data, dtype=dtype, offset=stream.tell())
    return flat.reshape(shape)
