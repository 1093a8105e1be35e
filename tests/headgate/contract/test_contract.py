"""The stored contract: complete, readable for ever, and its JSON Schema."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.errors import IntegrityError
from tests.headgate.contract.pictures import sound_png

GOLDEN = Path(__file__).parents[2] / "golden" / "contract_v1.json"

FULL = Contract(
    columns=(
        NumberColumn(name="length", minimum=0, maximum=7.5, impute=5.1, example=5.1),
        NumberColumn(name="width", minimum=0, policy="reject", description="In centimetres."),
        IntegerColumn(name="age", minimum=17, maximum=90, nullable=True, policy="clip"),
        CategoryColumn(name="colour", categories=("red", "green")),
        CategoryColumn(name="shop", categories=("?", "north"), policy="impute", impute="?"),
        BooleanColumn(name="member", nullable=True, example=True),
        TextColumn(name="review", max_length=500, example="Good."),
        ImageColumn(name="photo", nullable=True, max_bytes=100_000, example=sound_png()),
    )
)


def test_a_contract_stored_by_the_first_version_stays_readable_byte_for_byte() -> None:
    stored = GOLDEN.read_bytes()

    contract = Contract.from_bytes(stored, GOLDEN.name)

    assert contract == FULL
    assert contract.to_bytes() == stored
    assert contract.clean([contract.example()]).accepted == [0]


def test_altered_bytes_are_no_contract() -> None:
    with pytest.raises(IntegrityError, match="Contract"):
        Contract.from_bytes(GOLDEN.read_bytes().replace(b'"number"', b'"complex"'), GOLDEN.name)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((), "at least 1 item"),
        ((TextColumn(name="a"), TextColumn(name="a")), "'a' is declared twice"),
        ((CategoryColumn(name="a"),), "'a' has no categories"),
        ((NumberColumn(name="a", policy="impute"),), "no value to impute"),
        ((TextColumn(name="a", max_length=2, example="abc"),), "example of column 'a' must have"),
        ((TextColumn(name="a", description="\ud800"),), "lone surrogate"),
    ],
)
def test_a_contract_leaves_nothing_open_or_contradictory(
    columns: tuple[Column, ...], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Contract(columns=columns)


def test_a_range_must_hold_its_own_ends_and_impute() -> None:
    with pytest.raises(ValidationError, match="is above maximum"):
        NumberColumn(name="a", minimum=3, maximum=2)
    with pytest.raises(ValidationError, match="outside its own range"):
        IntegerColumn(name="a", minimum=3, impute=2)
    with pytest.raises(ValidationError, match="not one of its categories"):
        CategoryColumn(name="a", categories=("x",), impute="y")
    with pytest.raises(ValidationError, match="listed twice"):
        CategoryColumn(name="a", categories=("x", "x"))


def test_the_json_schema_says_what_is_accepted() -> None:
    schema = FULL.json_schema()

    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == list(FULL.names)
    assert schema["required"] == ["length", "width", "colour", "review"]
    assert schema["additionalProperties"] is False
    assert schema["examples"] == [FULL.example()]
    assert properties["length"] == {
        "type": "number",
        "description": "Normally between 0.0 and 7.5. Other values are accepted and flagged.",
        "examples": [5.1],
    }
    assert properties["width"] == {
        "type": "number",
        "minimum": 0.0,
        "description": "In centimetres.",
    }
    assert properties["colour"] == {"type": "string", "enum": ["red", "green"]}
    assert properties["member"] == {"type": ["boolean", "null"], "examples": [True]}


def test_an_enum_of_a_nullable_column_has_null() -> None:
    contract = Contract(columns=(CategoryColumn(name="a", categories=("x",), nullable=True),))

    assert contract.json_schema()["properties"] == {
        "a": {"type": ["string", "null"], "enum": ["x", None]}
    }


def test_equal_contracts_have_equal_hashes() -> None:
    assert Contract(columns=FULL.columns).sha256() == FULL.sha256()
    assert Contract(columns=FULL.columns[1:]).sha256() != FULL.sha256()
