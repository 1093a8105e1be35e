"""Batch inferences are counted from the store: how many wait, and how long each took."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.documents.runs import InferBody, OutcomeKind
from headgate.inference.accepting import FLOW, Limits, accept
from headgate.inference.markers import all_markers
from headgate.runs import records as runs
from headgate.settings import Settings
from headgate.store import Store, open_store
from serve.telemetry.batch_jobs import BatchJobWatch
from serve.telemetry.exposition import expose
from serve.telemetry.live_facts import LiveFacts
from serve.telemetry.metrics import Metrics
from tests.serve.making import AREA, a_live_model, price
from tests.serve.telemetry.reading import total

LIMITS = Limits()


@pytest.fixture
def store(settings: Settings) -> Store:
    store = open_store(settings.store_url)
    a_live_model(store, "price", price())
    return store


def accepted(store: Store, run_id: str, seconds_ago: float = 0) -> None:
    body = InferBody(model="price", instances=(AREA,), run_id=run_id)
    now = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    accept(store, body, caller="shop", idempotency_key=None, now=now, limits=LIMITS)


def ended(store: Store, run_id: str, kind: OutcomeKind) -> None:
    """End a run and clear its markers away, as a server's submitter does."""
    attempt = runs.open_attempt(store, run_id, FLOW)
    runs.end_attempt(store, attempt, kind)
    request = runs.read_request(store, run_id)
    assert request is not None
    for marker in all_markers(request, runs.read_outcomes(store, run_id).values()):
        store.delete(marker.key)


def shown(metrics: Metrics) -> str:
    return expose(metrics.registry, LiveFacts(), None).decode()


def test_the_queue_is_what_was_accepted_and_has_not_ended(store: Store) -> None:
    metrics = Metrics()
    watch = BatchJobWatch(store, metrics)
    for run_id in ("a", "b", "c"):
        accepted(store, run_id)
    watch.look()
    before = total(shown(metrics), "queue_depth")

    ended(store, "b", "completed")
    watch.look()

    assert before == 3
    assert total(shown(metrics), "queue_depth") == 2


def test_a_completed_run_is_timed_once_from_its_acceptance(store: Store) -> None:
    metrics = Metrics()
    watch = BatchJobWatch(store, metrics)
    accepted(store, "a", seconds_ago=90)
    watch.look()
    ended(store, "a", "completed")

    watch.look()
    watch.look()

    text = shown(metrics)
    assert total(text, "batch_job_duration_seconds_count", model_name="price") == 1
    assert 90 <= total(text, "batch_job_duration_seconds_sum") < 120
    assert total(text, "batch_jobs_total", model_name="price", outcome="completed") == 1


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_a_run_that_did_not_complete_is_counted_and_not_timed(
    store: Store, kind: OutcomeKind
) -> None:
    metrics = Metrics()
    watch = BatchJobWatch(store, metrics)
    accepted(store, "a")
    watch.look()
    ended(store, "a", kind)

    watch.look()

    assert total(shown(metrics), "batch_jobs_total", outcome=kind) == 1
    assert total(shown(metrics), "batch_job_duration_seconds_count") == 0


def test_only_one_worker_watches_and_another_takes_over(store: Store, tmp_path: Path) -> None:
    first, second = Metrics(), Metrics()
    watching = BatchJobWatch(store, first, str(tmp_path))
    waiting = BatchJobWatch(store, second, str(tmp_path))
    accepted(store, "a")

    watching.look()
    waiting.look()
    while_first_lives = total(shown(second), "queue_depth")
    watching.stop()
    waiting.look()
    waiting.stop()

    assert total(shown(first), "queue_depth") == 1
    assert math.isnan(while_first_lives)
    assert total(shown(second), "queue_depth") == 1


def test_while_the_store_is_away_the_queue_is_not_a_number(store: Store, tmp_path: Path) -> None:
    metrics = Metrics()
    watch = BatchJobWatch(store, metrics)
    accepted(store, "a")
    watch.look()
    pending = Path(store.uri("pending"))

    pending.rename(tmp_path / "away")
    pending.symlink_to(pending)
    watch.look()
    away = total(shown(metrics), "queue_depth")
    pending.unlink()
    (tmp_path / "away").rename(pending)
    watch.look()

    assert math.isnan(away)
    assert total(shown(metrics), "queue_depth") == 1
