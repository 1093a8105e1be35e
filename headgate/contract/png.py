"""Checking a base64 PNG with plain bytes, so that no later decoder meets a bomb or a torn file."""

import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from headgate.contract.wording import WrongValueError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PREFIX = "data:image/png;base64,"
MAX_SIDE = 4096
# Everything a pixel depends on; other chunks are comments, profiles and the like.
NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
ORDER = re.compile(rb"IHDR(PLTE)?(tRNS)?(IDAT)+IEND")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
# Adam7 interlacing: first column, first row, column step, row step of each pass.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
ADAM7_LAST = (0, 1, 1, 2)


def _torn() -> WrongValueError:
    return WrongValueError("must be a PNG, found a damaged or incomplete one")


@dataclass(frozen=True, slots=True)
class Header:
    """What IHDR says about the pixels."""

    width: int
    height: int
    bits_per_pixel: int
    interlaced: bool

    def passes(self) -> Iterator[tuple[int, int]]:
        """Yield the bytes of one scan line and the number of lines, for each pass."""
        steps = (*ADAM7, ADAM7_LAST) if self.interlaced else ((0, 0, 1, 1),)
        for x, y, dx, dy in steps:
            columns, lines = -(-(self.width - x) // dx), -(-(self.height - y) // dy)
            if columns > 0 and lines > 0:
                yield 1 + -(-columns * self.bits_per_pixel // 8), lines


def normal_png(text: str, max_bytes: int) -> str:
    """Return the base64 of a sound PNG without blanks, prefix and chunks no pixel depends on.

    Raises:
        WrongValueError: if it is no base64, no PNG, damaged, or too large.
    """
    packed = "".join(text.split())
    if packed[: len(PREFIX)].lower() == PREFIX:
        packed = packed[len(PREFIX) :]
    data = _decode(packed, max_bytes)
    if not data.startswith(SIGNATURE):
        raise WrongValueError("must be a PNG in base64, found base64 of something else")
    chunks = list(_chunks(data))
    _check(chunks)
    kept = [chunk for kind, _, chunk in chunks if kind in NEEDED]
    if len(kept) == len(chunks):
        return packed
    return binascii.b2a_base64(SIGNATURE + b"".join(kept), newline=False).decode()


def _decode(packed: str, max_bytes: int) -> bytes:
    if len(packed) > 4 * -(-max_bytes // 3):
        raise WrongValueError(f"must be a PNG of at most {max_bytes} bytes, found a larger one")
    try:
        data = binascii.a2b_base64(packed, strict_mode=True)
    except ValueError:
        raise WrongValueError(
            f"must be a PNG in base64, found {len(packed)} characters that are not base64"
        ) from None
    if len(data) > max_bytes:
        raise WrongValueError(f"must be a PNG of at most {max_bytes} bytes, found a larger one")
    return data


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield (kind, content, whole chunk) up to and with IEND, each with a right checksum."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data):
            raise _torn()
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise _torn()
        yield kind, data[at + 8 : end - 4], data[at:end]
        at = end
    if at != len(data):
        raise WrongValueError("must be a PNG, found bytes after its end")


def _check(chunks: list[tuple[bytes, bytes, bytes]]) -> None:
    needed = [(kind, content) for kind, content, _ in chunks if kind in NEEDED]
    # An upper case first letter marks a chunk no decoder may skip.
    strange = [kind for kind, _, _ in chunks if kind not in NEEDED and not kind[:1].islower()]
    if strange or not ORDER.fullmatch(b"".join(kind for kind, _ in needed)):
        raise _torn()
    content = dict(needed)
    header, colour = _header(content[b"IHDR"])
    _check_colours(colour, content.get(b"PLTE"), content.get(b"tRNS"))
    _check_pixels(header, b"".join(data for kind, data in needed if kind == b"IDAT"))


def _check_colours(colour: int, palette: bytes | None, transparency: bytes | None) -> None:
    n_colours = 0 if palette is None else len(palette) // 3
    if palette is None:
        sound = colour != 3
    else:
        sound = colour in (2, 3, 6) and len(palette) == 3 * n_colours and 1 <= n_colours <= 256
    if transparency is not None:
        sizes = {0: range(2, 3), 2: range(6, 7), 3: range(1, n_colours + 1)}
        sound = sound and len(transparency) in sizes.get(colour, ())
    if not sound:
        raise _torn()


def _header(content: bytes) -> tuple[Header, int]:
    if len(content) != 13:
        raise _torn()
    width, height = int.from_bytes(content[:4]), int.from_bytes(content[4:8])
    depth, colour, compression, filtering, interlace = content[8:]
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise WrongValueError(
            f"must be a PNG of 1 to {MAX_SIDE} pixels a side, found {width} x {height}"
        )
    if depth not in DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise _torn()
    return Header(width, height, depth * CHANNELS[colour], interlace == 1), colour


def _check_pixels(header: Header, packed: bytes) -> None:
    """Unpack, never further than the header allows, and look at the filter byte of each line."""
    passes = list(header.passes())
    size = sum(stride * lines for stride, lines in passes)
    try:
        unpacker = zlib.decompressobj()
        pixels = unpacker.decompress(packed, size + 1)
    except zlib.error:
        raise _torn() from None
    if len(pixels) != size or not unpacker.eof:
        raise _torn()
    at = 0
    for stride, lines in passes:
        if max(pixels[at : at + stride * lines : stride]) > 4:
            raise _torn()
        at += stride * lines
