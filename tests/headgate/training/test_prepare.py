"""From a frame to clean rows on two sides."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from headgate.contract import CategoryColumn, NumberColumn
from headgate.data.sources import Frame
from headgate.documents.rules import Metrics, Rules, Split, Task
from headgate.errors import UsageError
from headgate.training.prepare import Declared, PreparationError, prepare, prepare_holdout


def frame(rows: int = 200, **columns: Any) -> Frame:
    generator = np.random.default_rng(2)
    data = {
        "id": range(rows),
        "size": generator.normal(size=rows).round(6),
        "colour": generator.choice(["red", "blue"], rows),
        "y": generator.choice(["no", "yes"], rows),
    }
    return Frame(pd.DataFrame({**data, **columns}), "data.csv", textual=False)


def declared(*features: Any, task: Task = "classification", **split: Any) -> Declared:
    rules = Rules(task=task, target="y", metrics=Metrics(primary="accuracy"), split=Split(**split))
    return Declared(rules, features, ("id",))


def test_every_row_is_trained_on_held_out_or_quarantined() -> None:
    prepared = prepare(frame(), declared())

    n_sides = int(prepared.is_train.sum() + prepared.is_holdout.sum())
    assert n_sides + len(prepared.quarantined) == prepared.n_rows_in == 200
    assert prepared.contract.names == ("size", "colour")
    assert 20 <= prepared.holdout.n_rows <= 60


def test_a_rows_side_does_not_depend_on_the_other_rows() -> None:
    one = prepare(frame(200), declared(key=("id",)))
    more = frame(200)
    shuffled = Frame(more.frame.iloc[::-1].iloc[20:], more.uri, textual=False)
    other = prepare(shuffled, declared(key=("id",)))

    held_out = set(zip(*one.holdout.values.values(), strict=True))
    held_out_later = set(zip(*other.holdout.values.values(), strict=True))
    assert held_out_later <= held_out


def test_rows_are_quarantined_with_reasons_but_without_their_values() -> None:
    given = frame(y=["yes", "no"] * 99 + [None, "yes"])
    given.frame.loc[3, "colour"] = "purple"
    columns = CategoryColumn(name="colour", categories=("red", "blue"))

    prepared = prepare(given, declared(columns))

    assert sorted(prepared.quarantined) == [3, 198]
    reasons = {(r.column, r.n_rows): r.problem for r in prepared.reasons()}
    assert reasons[("y", 1)] == "is missing"
    assert "purple" not in reasons[("colour", 1)]


def test_imputing_changes_what_is_fitted_but_not_what_a_row_is() -> None:
    given = frame()
    given.frame.loc[5, "size"] = 99.0
    clipped = NumberColumn(name="size", minimum=-9, maximum=9, policy="clip")

    prepared = prepare(given, declared(clipped))
    other = prepare(given, declared(NumberColumn(name="size", minimum=-9, maximum=9)))

    at = prepared.original["size"].index(99.0)
    assert prepared.values["size"][at] == 9.0
    assert np.array_equal(prepared.is_holdout, other.is_holdout)


def test_a_missing_value_that_is_imputed_stays_missing_in_the_row() -> None:
    given = frame()
    given.frame.loc[5, "size"] = np.nan
    column = NumberColumn(name="size", policy="impute", impute=0.0)

    prepared = prepare(given, declared(column))

    at = prepared.original["size"].index(None)
    assert prepared.values["size"][at] == 0.0


def test_mostly_unusable_data_are_refused_with_the_first_reasons() -> None:
    given = frame(y=["yes"] * 60 + [None] * 140)

    with pytest.raises(PreparationError, match=r"140 of 200 rows .* y is missing \(140 rows\)"):
        prepare(given, declared())


def test_an_empty_side_is_refused_with_the_counts() -> None:
    one_group = frame(10, colour=["red"] * 10)

    with pytest.raises(PreparationError, match=r"10 training rows and 0 holdout|0 training rows"):
        prepare(one_group, declared(group="colour"))


def test_a_missing_target_column_names_the_nearest() -> None:
    given = Frame(frame().frame.rename(columns={"y": "yy"}), "data.csv", textual=False)

    with pytest.raises(UsageError, match="did you mean 'yy'"):
        prepare(given, declared())


def test_csv_and_typed_data_give_the_same_rows_and_sides() -> None:
    typed = frame(y=[0, 1] * 100)
    text = Frame(typed.frame.astype(str), "data.csv", textual=True)

    one, other = prepare(typed, declared()), prepare(text, declared())

    assert one.values == other.values
    assert one.targets == other.targets
    assert np.array_equal(one.is_holdout, other.is_holdout)


def test_rows_of_a_frozen_holdout_are_never_trained_on() -> None:
    everything = frame()
    frozen = Frame(everything.frame.iloc[:50], "holdout.parquet", textual=False)

    prepared = prepare(everything, declared(holdout_uri="holdout.parquet"), frozen)

    assert (prepared.holdout.n_rows, prepared.training_rows.n_rows) == (50, 150)


def test_all_rows_of_a_model_fitted_elsewhere_are_its_holdout() -> None:
    prepared = prepare_holdout(frame(), declared())

    assert prepared.holdout.n_rows == 200
    assert not prepared.is_train.any()
