"""The fast decoder takes only what the slow way reads the same way, and gives the same values."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from headgate.contract import BooleanColumn, CategoryColumn, Contract, IntegerColumn, NumberColumn
from headgate.contract.columns import TextColumn
from headgate.errors import InvalidInputError
from serve.answering.predicting import rows_of
from serve.answering.rows import Values, values_of
from serve.bodies.body import decode
from serve.hot.decoding import GivesUp, compile_decoder
from serve.hot.structs import StructDecoder

CONTRACT = Contract(
    columns=(
        NumberColumn(name="length", nullable=True),
        IntegerColumn(name="n petals"),
        CategoryColumn(name="größe", categories=("a", "b")),
        BooleanColumn(name="fresh", policy="impute", impute=False),
        TextColumn(name="note"),
    )
)
ROW: dict[str, JsonValue] = {
    "length": 1.5,
    "n petals": 3,
    "größe": "a",
    "fresh": True,
    "note": "as: it is",
}
DECODER = StructDecoder(CONTRACT)
BODY = json.dumps(ROW).encode()


def slowly(body: bytes) -> Values | None:
    """Return what the slow way reads, or None if it refuses the body or a key of it."""
    try:
        row = decode(body)
    except InvalidInputError:
        return None
    values = values_of(CONTRACT.names, [row])
    return values[0] if values else None


def all_slowly(body: bytes) -> list[Values] | None:
    try:
        return values_of(CONTRACT.names, rows_of(decode(body), 10_000))
    except InvalidInputError:
        return None


def same(fast: Sequence[object], slow: Sequence[object]) -> bool:
    return repr(fast) == repr(slow)


@pytest.mark.parametrize("spaced", [True, False])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_row_as_it_should_be_is_read_fast(spaced: bool, ascii_only: bool) -> None:
    separators = None if spaced else (",", ":")
    body = json.dumps(ROW, ensure_ascii=ascii_only, separators=separators).encode()

    assert DECODER.one(body) == tuple(ROW.values())


@pytest.mark.parametrize("absent", ["length", "fresh"])
def test_an_absent_optional_column_is_missing(absent: str) -> None:
    row = {name: value for name, value in ROW.items() if name != absent}

    read = DECODER.one(json.dumps(row).encode())

    assert read == tuple(row.get(name) for name in ROW)


@pytest.mark.parametrize("wrap", [True, False])
def test_rows_are_read_fast_in_both_forms(wrap: bool) -> None:
    rows = [ROW, {name: value for name, value in ROW.items() if name != "length"}, ROW]

    read = DECODER.many(json.dumps({"instances": rows} if wrap else rows).encode())

    assert read == [tuple(row.get(name) for name in ROW) for row in rows]


LEFT = {
    "a key twice": BODY[:-1] + b', "length": 2}',
    "a key twice, one absent": b'{"length": 1, "length": 2, "n petals": 1, "gr\xc3\xb6\xc3\x9fe": '
    b'"a", "note": ""}',
    "a key twice, escaped": BODY[:-1] + b', "l\\u0065ngth": 2}',
    "an unknown key": BODY[:-1] + b', "more": 2}',
    "a required key is absent": b'{"length": 1.5}',
    "NaN": BODY.replace(b"1.5", b"NaN"),
    "infinity": BODY.replace(b"1.5", b"-Infinity"),
    "beyond every float": BODY.replace(b"1.5", b"1e999"),
    "thousands of digits": BODY.replace(b"1.5", b"9" * 5000),
    "a leading zero": BODY.replace(b"1.5", b"01"),
    "a string for a number": BODY.replace(b"1.5", b'"1.5"'),
    "a boolean for a number": BODY.replace(b"1.5", b"true"),
    "a list in a row": BODY.replace(b"1.5", b"[1.5]"),
    "deep": BODY.replace(b"1.5", b"[" * 500 + b"]" * 500),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "garbage behind": BODY + b" x",
    "two bodies": BODY + BODY,
    "cut": BODY[:-3],
    "half a surrogate pair": BODY.replace(b"as: it", b"\\ud800 it"),
    "the other half": BODY.replace(b"as: it", b"\\udc00 it"),
    "not UTF-8": BODY.replace(b"as: it", b"\xff"),
    "an encoded surrogate": BODY.replace(b"as: it", b"\xed\xa0\x80"),
    "a control character": BODY.replace(b"as: it", b"\x00"),
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_the_slow_way_must_look_at_is_left_to_it(name: str) -> None:
    assert DECODER.one(LEFT[name]) is None
    assert DECODER.many(b"[" + LEFT[name] + b"]") in (None, [])


@pytest.mark.parametrize(
    "number",
    [
        *("-0", "-0.0", "5.0", "1E2", "1e-400", "5e-324", "0.1", "9007199254740993", "-1e308"),
        *("18446744073709551615", "18446744073709551616", "123456789012345678901234567890"),
    ],
)
@pytest.mark.parametrize("column", ["length", "n petals"])
def test_a_number_keeps_its_type_sign_and_every_digit(column: str, number: str) -> None:
    body = json.dumps(ROW | {column: "here"}).replace('"here"', number).encode()

    fast, slow = DECODER.one(body), slowly(body)

    assert fast is not None
    assert slow is not None
    assert same(fast, slow)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
ROWS = st.fixed_dictionaries(
    {},
    optional={name: st.just(value) | JSON for name, value in ROW.items()}
    | {"more": JSON, "lenght": JSON},
)
PIECES = st.sampled_from(
    [b'"', b":", b",", b"{", b"}", b"\\", b"0", b"-", b".", b"e9", b"\xff", b' "length": 1,', b" "]
)


@given(ROWS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_of_any_row_both_read_the_same_or_it_is_left(
    row: dict[str, JsonValue], ascii_only: bool
) -> None:
    body = json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    fast, slow = DECODER.one(body), slowly(body)

    assert fast is None or (slow is not None and same(fast, slow))


@given(st.lists(ROWS, max_size=4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_of_any_rows_both_read_the_same_or_they_are_left(
    rows: list[dict[str, JsonValue]], wrap: bool
) -> None:
    body = json.dumps({"instances": rows} if wrap else rows).encode()

    fast, slow = DECODER.many(body), all_slowly(body)

    assert not fast or (slow is not None and same(fast, slow))


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_of_any_mutated_body_both_read_the_same_or_it_is_left(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(BODY)))
    stop = data.draw(st.integers(start, min(len(BODY), start + 12)))
    piece = data.draw(PIECES | st.binary(max_size=4) | st.just(BODY[start:stop] * 2))
    body = BODY[:start] + piece + BODY[stop:]

    fast, slow = DECODER.one(body), slowly(body)

    assert fast is None or (slow is not None and same(fast, slow))


def test_a_name_that_json_escapes_is_left_to_the_slow_way() -> None:
    quoted = Contract(columns=(NumberColumn(name='a "b"'),))

    decoder = compile_decoder(quoted)

    assert isinstance(decoder, GivesUp)
    assert isinstance(compile_decoder(CONTRACT), StructDecoder)
