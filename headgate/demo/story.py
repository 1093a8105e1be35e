"""The steps of the demo, in order; each acts through the same doors a user has."""

import time

from pydantic import JsonValue

from headgate.artifacts.serving import load_scorer
from headgate.demo.breaking import Break
from headgate.demo.scene import Body, Scene
from headgate.demo.telling import Teller
from headgate.errors import HeadgateError
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act
from headgate.ledger.audit import verify
from headgate.ledger.rollback import rollback, rollback_target
from headgate.timing import utc_now
from headgate.versions import read_manifest

N_ROWS = 100
FOLLOW_SECONDS = 30


def first_champion(scene: Scene, tell: Teller) -> None:
    """Train a simple model, judge it without a champion, promote it and use it."""
    tell.heading("A first, simple model: naive Bayes on the pixels")
    version = train(scene, tell, "demo-train-1", {"method": "naive_bayes"})
    judge(scene, tell, "demo-gate-1", version)
    promote(scene, tell, version, "the first model we have")
    predict(scene, tell, version)
    infer(scene, tell, version)


def better_challenger(scene: Scene, tell: Teller) -> None:
    """Train a clearly better model; it passes against the champion and takes its place."""
    tell.heading("A better challenger: a support vector machine")
    version = train(scene, tell, "demo-train-2", {})
    judge(scene, tell, "demo-gate-2", version)
    promote(scene, tell, version, "fewer errors on the same rows")
    predict(scene, tell, version)


def bad_challenger(scene: Scene, tell: Teller, broken: Break) -> None:
    """Train a bad model; the gate names the failing check and the champion stays."""
    tell.heading(f"A bad challenger: {broken.story}")
    before = ledger.read_head(scene.store, scene.model)
    version = train(scene, tell, "demo-train-3", broken.params, broken.data)
    with tell.step("refused by the gate") as fact:
        result = scene.flow("evaluate-gate", "demo-gate-3", {"version": version})
        if result["verdict"] != "FAIL":
            raise HeadgateError(f"The gate did not refuse {version}: {result['verdict']}.")
        fact.text = f"{scene.model}@{version}: {'; '.join(_failed(result))}"
    with tell.step("champion untouched") as fact:
        after = ledger.read_head(scene.store, scene.model)
        if after != before or after is None:
            raise HeadgateError("The ledger changed though the gate refused.")
        fact.text = f"{scene.model}@{after.state.champion}, ledger entry {after.seq}"


def take_back(scene: Scene, tell: Teller) -> None:
    """Roll back to the champion before, and see the service follow."""
    tell.heading("Taking it back")
    with tell.step("rolled back") as fact:
        target = rollback_target(scene.store, scene.model)
        load_scorer(scene.store, read_manifest(scene.store, scene.model, target))
        act = Act("demo-rollback", scene.person, "just to see it", utc_now())
        entry = rollback(scene.store, scene.model, act, target=target)
        fact.text = f"{scene.model}@{entry.state.champion}, ledger entry {entry.seq}, now on hold"
    predict(scene, tell, target)


def tell_ledger(scene: Scene, tell: Teller) -> None:
    """Print the ledger after checking that it is whole."""
    tell.heading("The ledger")
    for entry in ledger.read_entries(scene.store, scene.model):
        tell.plain(
            f"  {entry.seq}  {entry.at:%H:%M:%S}  {entry.kind:<9} "
            f"{scene.model}@{entry.state.champion}  by {entry.by}: {entry.reason}"
        )
    with tell.step("ledger verified") as fact:
        problems = verify(scene.store, scene.model)
        if problems:
            raise HeadgateError(f"The ledger is not whole: {problems}.")
        fact.text = "every digest, the chain and all seen heads agree"


def train(
    scene: Scene,
    tell: Teller,
    run_id: str,
    params: dict[str, JsonValue],
    data: str | None = None,
) -> str:
    """Run ``train`` and tell what was checked and how good it is."""
    with tell.step("data checked, trained") as fact:
        result = scene.flow("train", run_id, {"params": params, "data": data})
        version = str(result["version"])
        manifest = read_manifest(scene.store, scene.model, version)
        origin = manifest.provenance
        metric = manifest.rules.metrics.primary
        fact.text = (
            f"{origin.n_rows_in} rows, {origin.n_rows_rejected} rejected, "
            f"{origin.n_rows_holdout} held out -> {scene.model}@{version}, {metric} "
            f"{manifest.metrics[metric]:.3f}"
        )
    return version


def judge(scene: Scene, tell: Teller, run_id: str, version: str) -> None:
    """Run ``evaluate-gate`` and expect a PASS."""
    with tell.step("gate passed") as fact:
        result = scene.flow("evaluate-gate", run_id, {"version": version})
        if result["verdict"] != "PASS":
            raise HeadgateError(f"The gate said {result['verdict']}: {'; '.join(_failed(result))}")
        checks = result["checks"]
        n_checks = len(checks) if isinstance(checks, list) else 0
        against = result["champion"] or "no champion, so the floors and a trivial model"
        fact.text = f"{n_checks} checks against {against}"


def promote(scene: Scene, tell: Teller, version: str, reason: str) -> None:
    """Run ``promote`` and tell the ledger entry."""
    with tell.step("promoted") as fact:
        run_id = f"demo-promote-{version}"
        result = scene.flow("promote", run_id, {"version": version, "reason": reason})
        was = result["previous"] or "none"
        fact.text = f"{scene.model}@{version} (was {was}), ledger entry {result['seq']}"


def predict(scene: Scene, tell: Teller, version: str) -> None:
    """Ask for one answer until the promoted version gives it: the service follows the ledger."""
    holdout = scene.holdout(version)
    row = scene.rows(holdout, 1)[0]
    with tell.step("online prediction") as fact:
        answer = _followed(scene, version, row)
        fact.text = (
            f"{answer['prediction']} (truth {holdout.targets[0]}) by "
            f"{scene.model}@{answer['version']}, {answer['latency_ms']} ms, no restart"
        )


def infer(scene: Scene, tell: Teller, version: str) -> None:
    """Post rows to ``/infer``, poll the status, and compare the result with the truth."""
    holdout = scene.holdout(version)
    rows = scene.rows(holdout, N_ROWS)
    with tell.step("batch inference") as fact:
        body: Body = {"model": scene.model, "instances": rows, "run_id": "demo-infer"}
        accepted = scene.post("/infer", body)
        n_polls, result = _polled(scene, str(accepted["status_url"]), str(accepted["result_url"]))
        predictions = result["predictions"]
        given = (
            [p.get("prediction") for p in predictions if isinstance(p, dict)]
            if isinstance(predictions, list)
            else []
        )
        right = sum(g == t for g, t in zip(given, holdout.targets, strict=False))
        fact.text = (
            f"202, {n_polls} polls, {result['n_rows_in']} rows in, {result['n_rows_out']} out, "
            f"{result['n_rows_rejected']} rejected, {right} right"
        )


def _followed(scene: Scene, version: str, row: JsonValue) -> Body:
    deadline = time.monotonic() + FOLLOW_SECONDS
    while time.monotonic() < deadline:
        reply = scene.api.post(f"/models/{scene.model}/predict", json=row)
        if reply.is_success and reply.json()["version"] == version:
            return scene.post(f"/models/{scene.model}/predict", row)
        time.sleep(0.1)
    raise HeadgateError(
        f"The API did not serve {scene.model}@{version} within {FOLLOW_SECONDS} s of its promotion."
    )


def _polled(scene: Scene, status_url: str, result_url: str) -> tuple[int, Body]:
    n_polls = 0
    while True:
        n_polls += 1
        status = scene.get(status_url)
        if status["status"] == "completed":
            return n_polls, scene.get(result_url)
        if status["status"] in ("failed", "cancelled"):
            raise HeadgateError(f"The inference ended {status['status']}: {status['reason']}")
        time.sleep(0.5)


def _failed(result: Body) -> list[str]:
    checks = result["checks"]
    listed = checks if isinstance(checks, list) else []
    return [
        f"{c.get('name')}: {c.get('detail')}"
        for c in listed
        if isinstance(c, dict) and c.get("passed") is not True
    ]
