"""The stored holdout, and rows a version trained on."""

import numpy as np
import pytest

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.data.holdout import (
    Holdout,
    fingerprints,
    holdout_from,
    write_fingerprints,
    write_holdout,
)
from headgate.errors import IntegrityError

CONTRACT = Contract(
    columns=(
        NumberColumn(name="x", nullable=True),
        IntegerColumn(name="n", nullable=True),
        CategoryColumn(name="c", categories=("u", "v")),
        BooleanColumn(name="b"),
        TextColumn(name="t", nullable=True),
    )
)
ROWS = Holdout(
    {
        "x": [0.1, None, 3.0],
        "n": [2**53 + 1, None, -1],
        "c": ["u", "v", "w"],
        "b": [True, False, True],
        "t": ["", None, "é"],
    },
    ["yes", "no", "yes"],
)


@pytest.mark.parametrize(
    "targets", [["yes", "no", "yes"], [1, 0, 1], [True, False, True], [0.5, 1.0, 2.0]]
)
def test_a_holdout_reads_back_to_identical_values_and_types(targets: list[object]) -> None:
    rows = Holdout(ROWS.values, targets)  # type: ignore[arg-type]

    again = holdout_from(write_holdout(CONTRACT, "y", rows), "y")

    assert again == rows
    assert [type(v) for v in again.targets] == [type(v) for v in targets]
    assert [type(v) for v in again.values["n"]] == [int, type(None), int]


def test_a_holdout_of_gaps_only_keeps_its_types() -> None:
    rows = Holdout({name: [None] for name in CONTRACT.names}, ["yes"])

    assert holdout_from(write_holdout(CONTRACT, "y", rows), "y") == rows


def test_equal_holdouts_are_equal_bytes() -> None:
    assert write_holdout(CONTRACT, "y", ROWS) == write_holdout(CONTRACT, "y", ROWS)


@pytest.mark.parametrize("data", [b"", b"PAR1 but not really PAR1"])
def test_bytes_that_are_no_holdout_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        holdout_from(data, "y")


def test_a_holdout_without_its_target_is_refused() -> None:
    with pytest.raises(IntegrityError):
        holdout_from(write_holdout(CONTRACT, "y", ROWS), "z")


def test_a_row_is_recognised_by_the_same_columns_only() -> None:
    everything = fingerprints(CONTRACT.names, "y", ROWS)
    fewer = fingerprints(("x", "n"), "y", ROWS)
    first = fingerprints(CONTRACT.names, "y", ROWS.take([0]))

    assert everything[0] == first[0]
    assert not np.isin(everything, fewer).any()


def test_the_target_is_part_of_what_a_row_is() -> None:
    relabelled = Holdout(ROWS.values, ["no", "no", "no"])

    same = fingerprints(("x",), "y", ROWS) == fingerprints(("x",), "y", relabelled)

    assert same.tolist() == [False, True, False]


def test_fingerprints_are_stored_sorted_and_once() -> None:
    data = write_fingerprints(np.array([9, 3, 9], dtype=np.uint64))

    assert data == write_fingerprints(np.array([3, 9], dtype=np.uint64))
