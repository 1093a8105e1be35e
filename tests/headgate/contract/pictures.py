"""Small PNGs, sound and otherwise, made byte by byte."""

import base64
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def header(width: int = 2, height: int = 2, depth: int = 8, colour: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def pixels(data: bytes = b"\x00\x01\x02\x00\x03\x04") -> bytes:
    return chunk(b"IDAT", zlib.compress(data))


END = chunk(b"IEND", b"")


def base64_png(*chunks: bytes) -> str:
    return base64.b64encode(SIGNATURE + b"".join(chunks)).decode()


def sound_png() -> str:
    return base64_png(header(), pixels(), END)
