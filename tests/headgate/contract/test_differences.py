"""Which changes of a contract refuse rows that were accepted."""

import pytest

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

KEPT = TextColumn(name="kept")
NUMBER = NumberColumn(name="x", minimum=0, maximum=10)
STRICT = NUMBER.model_copy(update={"policy": "reject"})
RED = CategoryColumn(name="x", categories=("red",))
RED_BLUE = CategoryColumn(name="x", categories=("red", "blue"))


def contract(*columns: Column) -> Contract:
    return Contract(columns=(KEPT, *columns))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ((NUMBER,), (), "column 'x' was removed: a row that has it is refused"),
        ((), (NUMBER,), "column 'x' was added and is required"),
        ((NUMBER,), (TextColumn(name="x"),), "its type was number, is now text"),
        ((NUMBER,), (IntegerColumn(name="x"),), "its type was number, is now integer"),
        ((NUMBER,), (STRICT,), "must now be between 0.0 and 10.0, before any were accepted"),
        (
            (STRICT,),
            (STRICT.model_copy(update={"maximum": 5.0}),),
            "must now be between 0.0 and 5.0, before between 0.0 and 10.0",
        ),
        (
            (NUMBER.model_copy(update={"nullable": True}),),
            (NUMBER,),
            "a missing value was accepted and is refused",
        ),
        ((RED_BLUE,), (RED,), "the categories 'blue' are no longer accepted"),
        (
            (RED.model_copy(update={"policy": "flag"}),),
            (RED_BLUE,),
            "any string was accepted, now only the known categories are",
        ),
        ((TextColumn(name="x"),), (RED,), "any string was accepted"),
        ((RED,), (TextColumn(name="x", max_length=2),), "max_length is now 2"),
        ((TextColumn(name="x"),), (TextColumn(name="x", max_length=2),), "max_length is now 2"),
        ((ImageColumn(name="x"),), (ImageColumn(name="x", max_bytes=900),), "max_bytes was"),
    ],
)
def test_a_narrower_contract_breaks_the_old_one(
    old: tuple[Column, ...], new: tuple[Column, ...], why: str
) -> None:
    (said,) = contract(*new).breaks(contract(*old))

    assert "'x'" in said
    assert why in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((), (NUMBER.model_copy(update={"nullable": True}),)),
        ((), (BooleanColumn(name="x", policy="impute", impute=False),)),
        ((NUMBER,), (NUMBER.model_copy(update={"maximum": 5.0}),)),
        ((STRICT,), (NUMBER,)),
        ((STRICT,), (STRICT.model_copy(update={"maximum": 50.0}),)),
        ((IntegerColumn(name="x"),), (NumberColumn(name="x"),)),
        ((RED,), (RED_BLUE,)),
        ((RED,), (TextColumn(name="x"),)),
        ((TextColumn(name="x"),), (RED.model_copy(update={"policy": "flag"}),)),
    ],
)
def test_a_wider_contract_breaks_nothing_but_the_difference_is_told(
    old: tuple[Column, ...], new: tuple[Column, ...]
) -> None:
    assert contract(*new).breaks(contract(*old)) == ()
    assert contract(*new).differences(contract(*old)) != ()


def test_every_difference_is_told() -> None:
    old = contract(NUMBER, RED_BLUE.model_copy(update={"name": "y"}), BooleanColumn(name="gone"))
    new = Contract(
        columns=(
            CategoryColumn(name="y", categories=("red", "green")),
            NUMBER.model_copy(update={"maximum": 12.0}),
            KEPT,
            IntegerColumn(name="age"),
        )
    )

    assert new.differences(old) == (
        "column 'gone' was removed",
        "column 'age' was added (integer, required)",
        "column 'x': maximum was 10.0, is now 12.0",
        "column 'y': new categories 'green'",
        "column 'y': removed categories 'blue'",
        "the order of the columns changed",
    )
