"""Which pictures are accepted, without decoding more than their header allows."""

import base64
import zlib

import pytest

from headgate.contract import Contract, ImageColumn
from tests.headgate.contract.pictures import END, base64_png, chunk, header, pixels, sound_png

CONTRACT = Contract(columns=(ImageColumn(name="x", max_bytes=5000),))
PALETTE = chunk(b"PLTE", b"\x00\x00\x00\xff\xff\xff")


def clean(value: object) -> tuple[list[object], str]:
    cleaned = CONTRACT.clean([{"x": value}])
    return cleaned.values["x"], "".join(error.problem for error in cleaned.errors.get(0, ()))


@pytest.mark.parametrize(
    "given",
    [
        sound_png(),
        "data:image/png;base64," + sound_png(),
        "DATA:image/PNG;base64, " + sound_png(),
        sound_png()[:20] + "\r\n " + sound_png()[20:] + "\n",
        base64_png(header(), chunk(b"tEXt", b"Comment\x00hello"), pixels(), END),
    ],
)
def test_one_picture_has_one_form(given: str) -> None:
    assert clean(given) == ([sound_png()], "")


@pytest.mark.parametrize(
    "given",
    [
        base64_png(header(depth=8, colour=2), pixels(2 * (b"\x00" + b"\x07" * 6)), END),
        base64_png(header(depth=1, colour=3), PALETTE, pixels(b"\x01\x80\x04\x40"), END),
        base64_png(header(), chunk(b"tRNS", b"\0\1"), pixels(), END),
        base64_png(header(depth=16, colour=6), pixels(2 * (b"\x02" + b"\x07" * 16)), END),
    ],
)
def test_every_colour_type_is_accepted_as_it_is(given: str) -> None:
    assert clean(given) == ([given], "")


def test_an_interlaced_picture_is_accepted() -> None:
    head = chunk(b"IHDR", b"\x00\x00\x00\x02\x00\x00\x00\x02\x08\x00\x00\x00\x01")
    given = base64_png(head, pixels(b"\x00\x01\x00\x02\x00\x03\x04"), END)

    assert clean(given) == ([given], "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "must be a PNG in base64, found the number 5"),
        ("", "must be a PNG in base64, found base64 of something else"),
        ("not base64!", "characters that are not base64"),
        (sound_png()[:-3], "characters that are not base64"),
        (sound_png().replace("+", "-").replace("/", "_") + "é", "that are not base64"),
        (base64.b64encode(b"GIF89a").decode(), "found base64 of something else"),
        (base64_png(header(), pixels()), "damaged or incomplete"),
        (base64_png(header(), END), "damaged or incomplete"),
        (base64_png(pixels(), header(), END), "damaged or incomplete"),
        (base64_png(header(), pixels()[:-1] + b"\x00", END), "damaged or incomplete"),
        (base64_png(header(), chunk(b"IDAT", b"no zlib"), END), "damaged or incomplete"),
        (base64_png(header(), pixels(b"\x00\x01"), END), "damaged or incomplete"),
        (base64_png(header(), pixels(b"\x09\x01\x02\x00\x03\x04"), END), "damaged or incomplete"),
        (base64_png(header(depth=3), pixels(), END), "damaged or incomplete"),
        (base64_png(header(depth=1, colour=3), pixels(b"\0\0\0\0"), END), "damaged or incomplete"),
        (
            base64_png(header(depth=1, colour=3), pixels(b"\0\0\0\0"), PALETTE, END),
            "damaged or incomplete",
        ),
        (base64_png(header(), chunk(b"tRNS", b"\0"), pixels(), END), "damaged or incomplete"),
        (base64_png(header(), PALETTE, pixels(), END), "damaged or incomplete"),
        (base64_png(header(), chunk(b"WHAT", b""), pixels(), END), "damaged or incomplete"),
        (base64_png(header(), pixels(), END, b"more"), "bytes after its end"),
        (base64_png(header(width=4097), pixels(), END), "found 4097 x 2"),
        (base64_png(header(height=0), pixels(), END), "found 2 x 0"),
        (base64_png(header(), chunk(b"tEXt", b"x" * 5000), pixels(), END), "at most 5000 bytes"),
    ],
)
def test_anything_else_is_refused(given: object, said: str) -> None:
    values, problem = clean(given)

    assert values == []
    assert said in problem


def test_a_bomb_is_not_unpacked_beyond_what_its_header_says() -> None:
    bomb = chunk(b"IDAT", zlib.compress(bytes(2_000_000)))

    _, problem = clean(base64_png(header(), bomb, END))

    assert "damaged or incomplete" in problem
