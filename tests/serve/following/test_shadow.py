"""A version that is tried on live rows: what is counted, and that it holds nobody up."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields

import pytest

from headgate.artifacts.loading import load_version
from headgate.contract import Contract, NumberColumn
from headgate.scoring.answers import Outputs
from headgate.scoring.rows import RowScorer
from headgate.scoring.scorer import Scorer
from headgate.settings import Settings
from headgate.store import Store
from serve.following.shadow import MOST_BATCHES, MOST_ROWS, Shadow
from tests.serve.making import (
    AREA,
    FLOWER,
    Made,
    a_live_model,
    a_served_version,
    flower,
    price,
)
from tests.serve.running import running, until

AREAS: Mapping[str, Sequence[object]] = {"area": [1.0, 2.0, 3.0]}


def a_scorer(store: Store, made: Made, model: str = "price") -> Scorer:
    return load_version(store, a_served_version(store, model, made))


@contextmanager
def started(scorer: RowScorer) -> Iterator[Shadow]:
    shadow = Shadow(scorer, against="v0001")
    shadow.start()
    try:
        yield shadow
    finally:
        shadow.stop()


def test_rows_that_get_the_same_and_another_prediction_are_counted(store: Store) -> None:
    live = a_scorer(store, flower(), "flower")
    columns: Mapping[str, Sequence[object]] = {
        "length": [5.5, 1.0, 9.0],
        "petals": [5, 5, 5],
        "colour": ["red", "blue", "red"],
    }

    with started(a_scorer(store, flower(), "flower")) as shadow:
        shadow.offer(columns, 3, live.score_columns(columns, 3))
        until(lambda: shadow.tally.n_scored == 3)

    assert shadow.tally.n_agreed == 3


def test_the_difference_between_numbers_is_counted(store: Store) -> None:
    live = a_scorer(store, price(1))

    with started(a_scorer(store, price(2))) as shadow:
        shadow.offer(AREAS, 3, live.score_columns(AREAS, 3))
        until(lambda: shadow.tally.n_scored == 3)

    assert shadow.tally.n_agreed == 0
    assert shadow.tally.abs_difference == pytest.approx(6.0)


def test_rows_that_only_the_shadow_refuses_are_counted(store: Store) -> None:
    live = a_scorer(store, price(1))
    strict = Contract(columns=(NumberColumn(name="area", maximum=2, policy="reject"),))
    made = price(1)
    narrow = Made(strict, made.task, None, made.estimator, made.form, ({"area": 1.0},))

    with started(a_scorer(store, narrow)) as shadow:
        shadow.offer(AREAS, 3, live.score_columns(AREAS, 3))
        until(lambda: shadow.tally.n_scored == 2)

    assert shadow.tally.n_refused == 1


@dataclass(frozen=True)
class Broken(Scorer):
    """A version whose every answer is a bug."""

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        raise RuntimeError(f"{len(values)} columns, {n_rows} rows")


def test_a_shadow_that_fails_is_counted_and_goes_on(store: Store) -> None:
    live = a_scorer(store, price(1))
    scored = live.score_columns(AREAS, 3)

    parts = {field.name: getattr(live, field.name) for field in fields(live) if field.init}

    with started(Broken(**parts)) as shadow:
        shadow.offer(AREAS, 3, scored)
        shadow.offer(AREAS, 3, scored)
        until(lambda: shadow.tally.n_failed == 6)


def test_rows_beyond_the_line_are_dropped_and_counted(store: Store) -> None:
    live = a_scorer(store, price(1))
    scored = live.score_columns(AREAS, 3)
    idle = Shadow(live, against="v0001")

    for _ in range(MOST_BATCHES + 2):
        idle.offer(AREAS, 3, scored)

    assert idle.tally.n_dropped == 6


def test_of_a_large_batch_the_first_rows_are_tried(store: Store) -> None:
    live = a_scorer(store, price(1))
    columns = {"area": [1.0] * (MOST_ROWS + 36)}

    with started(live) as shadow:
        shadow.offer(columns, MOST_ROWS + 36, live.score_columns(columns, MOST_ROWS + 36))
        until(lambda: shadow.tally.n_scored == MOST_ROWS)

    assert (shadow.tally.n_dropped, shadow.tally.n_agreed) == (36, MOST_ROWS)


def test_offering_to_a_stuck_shadow_takes_microseconds(store: Store) -> None:
    live = a_scorer(store, price(1))
    scored = live.score_columns(AREAS, 3)
    idle = Shadow(live, against="v0001")

    began = time.perf_counter()
    for _ in range(1000):
        idle.offer(AREAS, 3, scored)

    assert time.perf_counter() - began < 0.1


def test_the_service_tries_a_shadow_unseen_and_shows_what_it_counted(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    a_served_version(store, "price", price(3))
    chosen = settings.model_copy(update={"shadow": ("price@v0002",)})

    with running(chosen) as client, closing(client):
        answers = [client.post("/predict", json=AREA).json() for _ in range(5)]
        until(lambda: client.get("/models/price").json()["shadow"]["n_scored"] == 5)
        shown = client.get("/models/price").json()["shadow"]
        metrics = client.get("/metrics").text

    counted = 'shadow_rows_total{model="price",result="disagreed",version="v0002"} 5.0'
    assert counted in metrics
    assert {a["version"] for a in answers} == {"v0001"}
    assert (shown["version"], shown["against"], shown["loaded"]) == ("v0002", "v0001", True)
    assert (shown["n_agreed"], shown["n_dropped"]) == (0, 0)
    assert shown["mean_abs_difference"] == pytest.approx(2.0)


def test_a_shadow_that_is_not_there_leaves_the_champion_answering_and_is_told(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "flower", flower())
    chosen = settings.model_copy(update={"shadow": ("flower@v0009",)})

    with running(chosen) as client:
        until(lambda: client.get("/health").json()["status"] == "degraded")
        answer = client.post("/predict", json=FLOWER)
        health = client.get("/health/ready")

    assert answer.json()["version"] == "v0001"
    assert health.status_code == 200
    assert "The shadow v0009 cannot be loaded" in health.json()["models"][0]["problem"]
