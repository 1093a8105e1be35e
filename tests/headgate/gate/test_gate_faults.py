"""The whole gate where something is damaged, missing or away."""

import pytest

from headgate.artifacts.files import COMPILED, GOLDEN, MODEL, read_golden
from headgate.documents.version import Manifest
from headgate.errors import ConflictError, UnreachableError
from headgate.gate.gathering import gather_evidence
from headgate.gate.judge import judge
from headgate.store import Store
from tests.headgate.gate.toy import altered, gather, judged, named


class Away:
    """A store that cannot be reached."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(vars(store))

    def get(self, key: str) -> bytes:
        raise UnreachableError(f"Nobody answers for {key!r}. Try again.")


def test_altered_golden_rows_are_refused(toy_store: Store, good: Manifest, stump: Manifest) -> None:
    golden = read_golden(toy_store, good)
    first = golden.outputs[0]
    other = first.model_copy(update={"predicted_class": 1 - (first.predicted_class or 0)})
    changed = golden.model_copy(update={"outputs": (other, *golden.outputs[1:])})

    judgement = judged(toy_store, altered(toy_store, good, GOLDEN, changed.to_bytes()), stump)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("golden_rows")


def test_a_challenger_whose_bytes_are_not_those_recorded_is_refused(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    wrong = good.files[MODEL].model_copy(update={"sha256": "00" * 32})
    damaged = good.model_copy(update={"files": {**good.files, MODEL: wrong}})

    judgement = judged(toy_store, damaged, stump)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("loads")


def test_a_challenger_whose_estimator_is_no_estimator_is_refused(
    toy_store: Store, good: Manifest
) -> None:
    nonsense = altered(toy_store, good, MODEL, b"not a model")

    assert judged(toy_store, nonsense, None).verdict == "FAIL"


def test_a_champion_that_does_not_load_leaves_it_undecided(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    gone = {n: file for n, file in stump.files.items() if n not in {MODEL, COMPILED}}

    judgement = judged(toy_store, good, stump.model_copy(update={"files": gone}))

    assert judgement.verdict == "INCONCLUSIVE"
    assert judgement.reason.startswith("contract")
    assert "has no file 'model.skops'" in named(judgement, "champion_loads").detail


def test_a_service_that_was_not_asked_leaves_it_undecided(toy_store: Store, good: Manifest) -> None:
    evidence = gather_evidence(toy_store, good, None, servability=None)

    assert judge(evidence).verdict == "INCONCLUSIVE"


def test_a_version_is_not_compared_with_itself(toy_store: Store, good: Manifest) -> None:
    with pytest.raises(ConflictError, match="is the champion itself"):
        gather(toy_store, good, good)


def test_a_store_that_is_away_is_no_fault_of_the_version(toy_store: Store, good: Manifest) -> None:
    with pytest.raises(UnreachableError):
        gather(Away(toy_store), good, None)  # type: ignore[arg-type]
