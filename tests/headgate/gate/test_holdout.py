import numpy as np

from headgate.contract import CategoryColumn, Contract, NumberColumn
from headgate.data.holdout import Holdout, fingerprints
from headgate.gate.holdout import Trained, common_rows, missing_columns, own_rows

A, B = NumberColumn(name="a"), NumberColumn(name="b")
BOTH = Contract(columns=(A, B))
ROWS = Holdout(
    {"a": [0.0, 1.0, 2.0, 3.0, 3.0], "b": [10.0, 11.0, 12.0, 13.0, 13.0]},
    ["x", "y", "x", "y", "y"],
)


def trained_on(positions: list[int], contract: Contract = BOTH) -> Trained:
    """Return a version that trained on some of the rows."""
    prints = fingerprints(contract.names, "target", ROWS.take(positions))
    return Trained(contract, "target", np.unique(prints))


def test_rows_that_either_version_trained_on_are_dropped_and_counted() -> None:
    common = common_rows(ROWS, trained_on([0]), trained_on([2]))

    assert common.holdout.values["a"] == [1.0, 3.0, 3.0]
    assert common.holdout.targets == ["y", "y", "y"]
    assert common.n_rows_dropped == 2


def test_duplicates_stay_and_all_copies_of_a_training_row_go() -> None:
    assert common_rows(ROWS, trained_on([]), None).holdout == ROWS
    assert common_rows(ROWS, trained_on([3]), None).holdout.values["a"] == [0.0, 1.0, 2.0]


def test_nothing_is_left_where_a_version_trained_on_everything() -> None:
    common = common_rows(ROWS, trained_on([]), trained_on([0, 1, 2, 3]))

    assert (common.holdout.n_rows, common.n_rows_dropped) == (0, 5)


def test_a_champion_with_fewer_columns_is_recognised_by_its_own() -> None:
    champion = trained_on([1], Contract(columns=(B,)))

    common = common_rows(ROWS, trained_on([]), champion)

    assert common.holdout.values["a"] == [0.0, 2.0, 3.0, 3.0]


def test_the_same_row_with_another_target_is_another_row() -> None:
    prints = fingerprints(BOTH.names, "target", Holdout(ROWS.take([0]).values, ["y"]))

    common = common_rows(ROWS, Trained(BOTH, "target", prints), None)

    assert common.n_rows_dropped == 0


def test_the_sha256_is_of_the_rows_that_are_left() -> None:
    whole = common_rows(ROWS, trained_on([]), None)
    less = common_rows(ROWS, trained_on([0]), None)
    other_target = common_rows(
        Holdout(ROWS.values, ["x", "y", "x", "y", "x"]), trained_on([]), None
    )

    assert len({whole.sha256, less.sha256, other_target.sha256}) == 3
    assert common_rows(ROWS.take([1, 2, 3, 4]), trained_on([]), None).sha256 == less.sha256


def test_rows_the_champion_refuses_are_left_out_for_both() -> None:
    narrow = Contract(columns=(NumberColumn(name="a", maximum=1, policy="reject"),))

    common = common_rows(ROWS, trained_on([]), trained_on([], narrow))

    assert common.holdout.values["a"] == [0.0, 1.0]
    assert common.n_rows_refused == 0


def test_rows_only_the_challenger_refuses_are_counted() -> None:
    narrow = Contract(columns=(NumberColumn(name="a", maximum=1, policy="reject"), B))

    common = common_rows(ROWS, trained_on([], narrow), trained_on([]))

    assert common.holdout.values["a"] == [0.0, 1.0]
    assert common.n_rows_refused == 3


def test_columns_the_rows_lack_are_named() -> None:
    wants = Contract(columns=(A, CategoryColumn(name="c", categories=("u", "v"))))

    assert missing_columns(ROWS, wants) == ["c"]
    assert missing_columns(ROWS, BOTH) == []


def test_a_version_is_asked_with_its_own_columns_only() -> None:
    assert own_rows(ROWS, Contract(columns=(B,)), 2) == [{"b": 10.0}, {"b": 11.0}]
    assert len(own_rows(ROWS, BOTH, 32)) == 5
