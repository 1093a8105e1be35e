"""What the answers of a challenger must have in common with the champion's."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headgate.documents.rules import GateRules, Metrics
from headgate.documents.version import Manifest
from headgate.gate.contestants import Classes, answer_change
from headgate.gate.judge import judge
from headgate.store import Store, open_store
from tests.headgate.gate.toy import gather, judged, named, rows, train

LENIENT: dict[str, Any] = {"gate": GateRules(max_drop=0.5), "metrics": Metrics(primary="accuracy")}


def renamed_rows() -> pd.DataFrame:
    return rows().replace({"y": {"yes": "Y", "no": "N"}})


def rows_of_three() -> pd.DataFrame:
    frame = rows()
    return frame.assign(y=np.where(frame["a"] > 1, "maybe", frame["y"]))


def rare_rows() -> pd.DataFrame:
    """Return rows of which some 4 % are of the rarer class."""
    frame = rows()
    return frame.assign(y=np.where(frame["a"] > 1.75, "yes", "no"))


def test_a_challenger_whose_classes_have_other_names_is_refused_by_that_alone(
    toy_store: Store, good: Manifest
) -> None:
    renamed = train(toy_store, "renamed", source=renamed_rows, gate=GateRules())

    evidence = gather(toy_store, renamed, good)
    judgement = judge(evidence)

    assert judgement.verdict == "FAIL"
    assert judgement.reason == (
        'answers_compatible (classes removed: "no", "yes"; classes added: "N", "Y")'
    )
    assert evidence.champion_scores == ()
    assert named(judgement, "champion_scored").passed is None
    assert named(judgement, "non_inferior").passed is None


def test_a_challenger_that_answers_one_more_class_may_pass(
    toy_store: Store, good: Manifest
) -> None:
    more = train(toy_store, "three", source=rows_of_three, **LENIENT)

    judgement = judged(toy_store, more, good)

    assert named(judgement, "answers_compatible").passed is True
    assert named(judgement, "answers_compatible").detail == 'classes added: "maybe"'
    assert named(judgement, "non_inferior").value is not None


def test_a_class_dropped_by_the_challenger_is_named(toy_store: Store, good: Manifest) -> None:
    more = train(toy_store, "three-before", source=rows_of_three, **LENIENT)

    judgement = judged(toy_store, good, more)

    assert judgement.verdict == "FAIL"
    assert judgement.reason == 'answers_compatible (classes removed: "maybe")'


@pytest.mark.parametrize(
    ("challenger", "champion", "removed"),
    [
        (("1", "2"), (1, 2), ("1", "2")),
        ((1.0, 2.0), (1, 2), ("1", "2")),
        ((0, 1), (False, True), ("false", "true")),
        (("b", "a"), ("a", "b"), ()),
        (None, ("a", "b"), ('"a"', '"b"')),
        (None, None, ()),
    ],
    ids=str,
)
def test_classes_are_compared_as_a_caller_reads_them(
    challenger: Classes, champion: Classes, removed: tuple[str, ...]
) -> None:
    change = answer_change(challenger, champion)

    assert change is not None
    assert change.removed == removed


def test_classes_in_the_place_of_numbers_cannot_be_compared() -> None:
    assert answer_change(("a", "b"), None) is None


def test_a_constant_model_is_refused_though_it_is_no_worse_than_the_champion(
    tmp_path: Path,
) -> None:
    store = open_store(str(tmp_path / "store"))
    champion = train(store, "rare", source=rare_rows, **LENIENT)
    constant = train(store, "constant", "trivial", source=rare_rows, **LENIENT)

    judgement = judged(store, constant, champion)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("beats_trivial")
    assert named(judgement, "non_inferior").passed is True
