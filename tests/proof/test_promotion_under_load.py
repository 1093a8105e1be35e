"""Promise 4: a promotion reaches every server process, and no request notices more than that."""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from headgate.artifacts.loading import load_version
from headgate.contract import Contract, NumberColumn
from headgate.documents.version import Manifest
from headgate.ledger.holding import release
from headgate.ledger.notice import Notice
from headgate.ledger.rollback import rollback, rollback_target
from headgate.settings import Settings
from headgate.store import Store, open_store
from headgate.versions import read_manifest
from tests.builders import an_act
from tests.serve.making import Made, Row, promoted
from tests.serve.pressing import Seen, presser, until_all_answer
from tests.serve.processes import serving
from tests.serve.proven import a_proven_version

pytestmark = pytest.mark.proof

N_PROMOTIONS = 10
WINDOW_SECONDS = 6.0
N_CONNECTIONS = 32
AWAY_SECONDS = 60.0
CONTRACT = Contract(columns=tuple(NumberColumn(name=f"x{i}") for i in range(10)))
ROW: Row = {f"x{i}": i / 10 for i in range(10)}
BODY = json.dumps(ROW).encode()


def boosted(slope: int) -> Made:
    """A regression by boosted trees, of another scale in every version."""
    generator = np.random.default_rng(slope)
    X = generator.uniform(0, 1, (2000, 10))
    estimator = HistGradientBoostingRegressor(max_iter=100).fit(X, slope * X.sum(axis=1))
    return Made(CONTRACT, "regression", None, estimator, "matrix", (ROW,))


def answers_of(store: Store, manifests: list[Manifest]) -> dict[str, float]:
    """Return what each version gives for the row, by scikit-learn."""
    scorers = [load_version(store, manifest) for manifest in manifests]
    return {s.version: float(str(s.score([ROW]).predictions[0])) for s in scorers}


def promote_and_roll_back(url: str, notice: Path, version: str) -> None:
    """Promote a version, roll it back half a window later, and release the hold."""
    store = open_store(url)
    promoted(store, read_manifest(store, "tall", version))
    Notice(notice).give()
    time.sleep(WINDOW_SECONDS / 2)
    rollback(store, "tall", an_act(), target=rollback_target(store, "tall"))
    Notice(notice).give()
    release(store, "tall", an_act())


def p99_ms(seen: list[Seen]) -> float:
    return float(np.percentile([s.seconds for s in seen], 99)) * 1000


def test_20_promotions_and_rollbacks_under_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.load({}, tmp_path)
    store = open_store(settings.store_url)
    manifests = [a_proven_version(store, "tall", boosted(n + 1)) for n in range(N_PROMOTIONS + 1)]
    expected = answers_of(store, manifests)
    promoted(store, manifests[0])
    notice = settings.store_cache / "notice"
    quiet: list[Seen] = []
    busy: list[Seen] = []

    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as acting,
        presser() as press,
        serving(tmp_path, "--workers", "2") as port,
    ):
        acting.submit(time.monotonic).result()
        until_all_answer(press, port, BODY, 2)
        # By turns, so that a neighbour on this machine troubles both alike.
        for manifest in manifests[1:]:
            quiet += press(port, BODY, N_CONNECTIONS, WINDOW_SECONDS).result()
            pressing = press(port, BODY, N_CONNECTIONS, WINDOW_SECONDS)
            acting.submit(
                promote_and_roll_back, settings.store_url, notice, manifest.version
            ).result()
            busy += pressing.result()

    seen = quiet + busy
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(seen)} answers, p99 {p99_ms(quiet):.1f} ms without and {p99_ms(busy):.1f} ms "
            f"with {2 * N_PROMOTIONS} promotions and rollbacks in {len(busy)} of them"
        )
    assert {s.status for s in seen} == {200}
    assert all(s.prediction == pytest.approx(expected[s.version], abs=1e-6) for s in seen)
    assert {s.version for s in seen} == set(expected)
    assert len({s.worker for s in seen}) == 2
    assert p99_ms(busy) <= 2 * p99_ms(quiet)


def test_the_store_is_away_for_a_minute_and_a_process_is_started_meanwhile(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)
    store = open_store(settings.store_url)
    first, second = (a_proven_version(store, "tall", boosted(n)) for n in (1, 2))
    promoted(store, first)
    here, elsewhere = tmp_path / "runtime", tmp_path / "elsewhere"

    with presser() as press:
        with serving(tmp_path) as port:
            press(port, BODY, 8, 1.0).result()
            pressing = press(port, BODY, 8, 10.0)
            here.rename(elsewhere)
            gone_at = time.monotonic()
            running = pressing.result()
        with serving(tmp_path, port=port):
            started = press(port, BODY, 8, AWAY_SECONDS - (time.monotonic() - gone_at)).result()
            elsewhere.rename(here)
            promoted(store, second)
            time.sleep(5)
            after = press(port, BODY, 8, 3.0).result()

    assert {(s.status, s.version) for s in running} == {(200, first.version)}
    assert {(s.status, s.version) for s in started} == {(200, first.version)}
    assert {(s.status, s.version) for s in after} == {(200, second.version)}
