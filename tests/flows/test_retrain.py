from pathlib import Path

import pytest

from flows.evaluate_gate import evaluate_gate
from flows.promote import promote
from flows.retrain import retrain
from flows.train import train
from headgate import versions
from headgate.documents.base import sha256_of
from headgate.errors import RefusedError
from headgate.gate import reports as gates
from headgate.ledger import entries as ledger
from headgate.ledger.promotion import NotGatedError
from headgate.runs.following import Started
from headgate.runs.records import read_request
from headgate.versions import manifest_key
from tests.builders import a_report, a_version
from tests.flows.conftest import System
from tests.flows.planted import write_models

pytestmark = pytest.mark.stack


def test_a_model_is_retrained_promoted_and_then_left_alone(inside: System) -> None:
    first = retrain("quick", "retrain-1")
    [made] = first.models
    assert made.run_id is not None
    promoted = inside.end(Started(made.run_id, None))
    second = retrain("quick", "retrain-2")

    assert (first.outcome, made.version) == ("promoting", "v0001")
    assert promoted.status == "completed", promoted.reason
    head = ledger.read_head(inside.store, "quick")
    assert head is not None
    assert (head.state.champion, head.gate_id) == ("v0001", made.gate_id)
    assert second.outcome == "no_action"
    assert len(versions.list_manifests(inside.store, "quick")) == 1


def test_a_bad_challenger_is_refused_and_the_champion_stays(inside: System) -> None:
    champion = train("steady", "steady-1").version
    gate_id = evaluate_gate("steady", champion, "steady-gate-1").gate_id
    promote("steady", champion, gate_id, "the first", "steady-promote-1")

    result = retrain("steady", "steady-2", params={"quality": "bad"})

    [refused] = result.models
    report = gates.read_report(inside.store, "steady", str(result.gate_id))
    head = ledger.read_head(inside.store, "steady")
    assert (result.outcome, refused.version, report.verdict) == ("refused", "v0002", "FAIL")
    assert report.champion == champion
    assert head is not None
    assert (head.seq, head.state.champion) == (1, champion)


def test_a_version_without_a_pass_is_not_promoted(inside: System) -> None:
    version = train("guarded", "guarded-1", params={"quality": "bad"}).version

    with pytest.raises(NotGatedError, match="was never judged"):
        promote("guarded", version, None, "because", "guarded-promote-1")
    verdict = evaluate_gate("guarded", version, "guarded-gate-1").verdict
    with pytest.raises(RefusedError, match="The gate refused guarded@v0001"):
        promote("guarded", version, None, "because", "guarded-promote-2")

    assert verdict == "FAIL"
    assert ledger.read_head(inside.store, "guarded") is None


def test_a_promotion_may_be_of_a_share_of_the_traffic(inside: System) -> None:
    for share in (None, 0.1):
        version = a_version(inside.store, "shared")
        a_report(inside.store, version, model="shared")
        result = promote("shared", version, None, "try it", f"shared-{version}", share)

    assert (result.version, result.previous, result.canary) == ("v0002", "v0001", 0.1)


def test_a_gate_run_again_gives_the_same_report(inside: System) -> None:
    version = train("steady", "steady-3", params={"quality": "good"}, seed=7).version

    first = evaluate_gate("steady", version, "steady-gate-3")
    second = evaluate_gate("steady", version, "steady-gate-3")

    assert first == second
    reports = [r for r in gates.list_reports(inside.store, "steady") if r.version == version]
    assert [report.gate_id for report in reports] == ["steady-gate-3"]
    judged = inside.store.get(manifest_key("steady", version))
    assert reports[0].manifest_sha256 == sha256_of(judged)


def test_the_nightly_run_starts_one_run_for_every_model_without_a_schedule(
    inside: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_models(tmp_path / "models")
    for path in folder.glob("*.py"):
        if path.stem not in ("guarded", "weekly"):
            path.unlink()
    long_name = "a_model_with_a_name_of_63_characters_".ljust(63, "x")
    text = (folder / "guarded.py").read_text().replace("'guarded'", repr(long_name))
    (folder / f"{long_name}.py").write_text(text)
    monkeypatch.setenv("HEADGATE_MODELS_DIR", str(folder))

    result = retrain(run_id="night")

    assert result.outcome == "started"
    assert [one.model for one in result.models] == [long_name, "guarded"]
    for one in result.models:
        request = read_request(inside.store, str(one.run_id))
        assert request is not None
        assert (request.flow, request.body) == ("retrain", {"model": one.model})
