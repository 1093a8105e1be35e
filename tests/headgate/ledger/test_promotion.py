from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from headgate.documents.ledger import Principal
from headgate.documents.version import StoredFile
from headgate.errors import (
    ConflictError,
    IntegrityError,
    LostRaceError,
    NotFoundError,
    RefusedError,
    UsageError,
)
from headgate.ledger.entries import read_entries, read_head
from headgate.ledger.holding import hold, release
from headgate.ledger.promotion import (
    ChampionChangedError,
    NotDecidedError,
    NotGatedError,
    OnHoldError,
    promote,
)
from headgate.ledger.rollback import rollback, rollback_target
from headgate.store import Store, open_store
from headgate.versions import commit_version
from tests.builders import a_champion, a_manifest, a_report, a_version, an_act

FLOW = Principal(name="promote/1", kind="flow")
NOBODY = Principal(name="bob", kind="unverified")


def test_a_version_with_a_pass_becomes_champion(store: Store) -> None:
    version = a_version(store)
    report = a_report(store, version)

    entry = promote(store, "iris", version, an_act())

    assert entry.state.champion == "v0001"
    assert (entry.kind, entry.gate_id, entry.override) == ("promote", report.gate_id, False)


def test_a_version_never_judged_is_refused(store: Store) -> None:
    with pytest.raises(NotGatedError, match="never judged"):
        promote(store, "iris", a_version(store), an_act())

    assert read_head(store, "iris") is None


def test_a_failed_version_is_refused_with_the_reason(store: Store) -> None:
    version = a_version(store)
    a_report(store, version, "FAIL")

    with pytest.raises(NotGatedError, match=r"refused iris@v0001: accuracy 0\.875"):
        promote(store, "iris", version, an_act())


def test_an_undecided_version_is_not_promoted(store: Store) -> None:
    version = a_version(store)
    a_report(store, version, "INCONCLUSIVE")

    with pytest.raises(NotDecidedError):
        promote(store, "iris", version, an_act())


def test_the_newest_verdict_counts(store: Store) -> None:
    version = a_version(store)
    passed = a_report(store, version)
    a_report(store, version, "FAIL")

    with pytest.raises(NotGatedError):
        promote(store, "iris", version, an_act())
    with pytest.raises(NotGatedError, match="the later"):
        promote(store, "iris", version, an_act(), gate_id=passed.gate_id)
    again = a_report(store, version)
    assert promote(store, "iris", version, an_act()).gate_id == again.gate_id


def test_a_pass_on_other_bytes_than_the_version_has_now_is_refused(store: Store) -> None:
    version = a_version(store)
    sound = a_report(store, version)
    other = sound.model_copy(update={"gate_id": "other", "manifest_sha256": "00"})
    store.put_if_absent("models/iris/gates/other.json", other.to_bytes())

    with pytest.raises(IntegrityError, match="judged another iris@v0001"):
        promote(store, "iris", version, an_act(), gate_id="other")


def test_a_version_whose_files_are_gone_is_not_promoted(store: Store) -> None:
    key = "models/iris/artifacts/r/0001/model.skops"
    store.put_if_absent(key, b"model")
    files = {"model.skops": StoredFile(key=key, size=5, sha256="00")}
    draft = a_manifest(run_id="r").model_copy(update={"files": files})
    version = commit_version(store, draft).version
    a_report(store, version)
    store.delete(key)

    with pytest.raises(IntegrityError, match=r"missing or of another size: model\.skops"):
        promote(store, "iris", version, an_act())


def test_a_report_of_another_version_is_no_pass(store: Store) -> None:
    report = a_report(store, a_version(store))
    other = a_version(store)

    with pytest.raises(UsageError, match="judged iris@v0001"):
        promote(store, "iris", other, an_act(), gate_id=report.gate_id)
    with pytest.raises(NotFoundError):
        promote(store, "iris", other, an_act(), gate_id="nope")


def test_a_pass_is_void_once_the_champion_changed(store: Store) -> None:
    version = a_version(store)
    a_report(store, version)
    winner = a_champion(store)

    with pytest.raises(ChampionChangedError, match=f"made iris@{winner.state.champion} champion"):
        promote(store, "iris", version, an_act())


def test_a_pass_is_void_even_when_the_same_champion_came_back(store: Store) -> None:
    a_champion(store)
    version = a_version(store)
    a_report(store, version)
    a_champion(store)
    rollback(store, "iris", an_act(), target="v0001")
    release(store, "iris", an_act())

    with pytest.raises(ChampionChangedError):
        promote(store, "iris", version, an_act())


def test_a_pass_outlives_a_hold_and_its_release(store: Store) -> None:
    version = a_version(store)
    a_report(store, version)
    hold(store, "iris", an_act())
    release(store, "iris", an_act())

    assert promote(store, "iris", version, an_act()).seq == 3


def test_the_champion_is_not_promoted_twice(store: Store) -> None:
    a_champion(store)
    a_report(store, "v0001")

    with pytest.raises(ConflictError, match="champion already"):
        promote(store, "iris", "v0001", an_act())


def test_promoting_again_with_the_same_run_id_is_the_same_entry(store: Store) -> None:
    version = a_version(store)
    a_report(store, version)

    first = promote(store, "iris", version, an_act("same"))

    assert promote(store, "iris", version, an_act("same")) == first


@pytest.mark.parametrize("by", [FLOW, NOBODY])
def test_only_a_known_person_overrides(by: Principal, store: Store) -> None:
    version = a_version(store)
    a_report(store, version, "FAIL")

    with pytest.raises(RefusedError, match="needs a person"):
        promote(store, "iris", version, an_act(by=by), override=True)

    entry = promote(store, "iris", version, an_act(), override=True)
    assert (entry.override, entry.by.name) == (True, "alice")


def test_an_override_needs_a_reason(store: Store) -> None:
    with pytest.raises(UsageError, match="reason"):
        promote(store, "iris", a_version(store), an_act(reason=" "), override=True)


def test_rollback_follows_history_and_holds(store: Store) -> None:
    for _ in range(3):
        a_champion(store)

    assert rollback_target(store, "iris") == "v0002"
    entry = rollback(store, "iris", an_act(), target="v0002")

    assert (entry.state.champion, entry.undoes) == ("v0002", 3)
    assert entry.state.hold is not None
    assert rollback(store, "iris", an_act(), target="v0001").undoes == 2
    with pytest.raises(RefusedError, match="first champion"):
        rollback_target(store, "iris")


def test_rollback_goes_to_the_champion_before_not_to_the_version_before(store: Store) -> None:
    a_champion(store)
    a_version(store)
    a_champion(store)

    assert rollback_target(store, "iris") == "v0001"


def test_rollback_after_a_rollback_and_a_promotion_undoes_that_promotion(store: Store) -> None:
    a_champion(store)
    a_champion(store)
    rollback(store, "iris", an_act(), target="v0001")
    release(store, "iris", an_act())
    a_champion(store)

    assert rollback_target(store, "iris") == "v0001"


def test_a_rollback_meant_for_another_state_is_lost(store: Store) -> None:
    a_champion(store)
    a_champion(store)
    a_champion(store)

    with pytest.raises(LostRaceError, match="meant v0001"):
        rollback(store, "iris", an_act(), target="v0001")


def test_rollback_of_a_model_without_history_is_refused(store: Store) -> None:
    with pytest.raises(RefusedError, match="no promotion to undo"):
        rollback_target(store, "iris")


def test_a_held_model_is_not_promoted_until_a_person_releases_it(store: Store) -> None:
    version = a_version(store)
    a_report(store, version)
    hold(store, "iris", an_act(reason="looks odd"))

    with pytest.raises(OnHoldError, match="looks odd"):
        promote(store, "iris", version, an_act())
    with pytest.raises(RefusedError, match="by a person"):
        release(store, "iris", an_act(by=FLOW))
    release(store, "iris", an_act())

    assert promote(store, "iris", version, an_act()).state.hold is None


def test_a_model_that_does_not_exist_is_not_held(store: Store) -> None:
    with pytest.raises(NotFoundError, match="'iris'"):
        hold(store, "iris", an_act())

    assert read_head(store, "iris") is None


def test_holding_twice_and_releasing_nothing_are_said(store: Store) -> None:
    a_version(store)
    hold(store, "iris", an_act())
    with pytest.raises(ConflictError, match="on hold already"):
        hold(store, "iris", an_act())
    release(store, "iris", an_act())
    with pytest.raises(ConflictError, match="not on hold"):
        release(store, "iris", an_act())


def _promote(url: str, version: str) -> str:
    try:
        promote(open_store(url), "iris", version, an_act())
    except ChampionChangedError as err:
        return str(err)
    return "won"


def test_of_promotions_at_once_exactly_one_wins_and_names_itself(tmp_path: Path) -> None:
    url = str(tmp_path / "store")
    store = open_store(url)
    versions = [a_version(store) for _ in range(8)]
    for version in versions:
        a_report(store, version)

    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
        said = list(pool.map(_promote, [url] * 8, versions))

    (entry,) = read_entries(store, "iris")
    assert said.count("won") == 1
    assert all(f"made iris@{entry.state.champion} champion" in s for s in said if s != "won")
