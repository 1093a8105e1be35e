"""Several workers follow the same ledger, and nobody who asks them notices a swap."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.cli.main import run
from headgate.documents.version import Manifest
from headgate.ledger.holding import release
from headgate.ledger.rollback import rollback, rollback_target
from headgate.store import Store, open_store
from headgate.versions import version_numbers
from tests.builders import a_report, an_act
from tests.serve.making import AREA, a_live_model, a_served_version, price, promoted
from tests.serve.pressing import Pressing, presser, until_all_answer
from tests.serve.processes import serving

BODY = json.dumps(AREA).encode()
AGREED_SECONDS = 3.0


@dataclass(frozen=True)
class Served:
    """Two workers over a store, in whose folder a command is given, and load for them."""

    folder: Path
    store: Store
    port: int
    press: Pressing

    def next_version(self) -> Manifest:
        """Commit a version that answers its own number."""
        return a_served_version(
            self.store, "price", price(len(version_numbers(self.store, "price")) + 1)
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("workers")
    store = open_store(str(folder / "runtime"))
    a_live_model(store, "price", price(1))
    with presser() as press, serving(folder, "--workers", "2") as port:
        until_all_answer(press, port, BODY, 2)
        yield Served(folder, store, port, press)


def test_both_workers_answer_by_the_new_version_within_3_seconds_of_the_command(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = served.next_version().version
    a_report(served.store, version, model="price")
    monkeypatch.chdir(served.folder)
    pressing = served.press(served.port, BODY, 16, 4.0)
    time.sleep(0.3)

    code = run(["promote", "price", version, "--direct"])

    promoted_at = time.monotonic()
    seen = pressing.result(30)
    assert code == 0
    assert {s.status for s in seen} == {200}
    assert len({s.worker for s in seen}) == 2
    assert max(s.at for s in seen if s.version != version) - promoted_at < AGREED_SECONDS


def test_promotions_and_rollbacks_under_load_fail_nothing_and_every_answer_is_its_versions(
    served: Served,
) -> None:
    store = served.store
    pressing = served.press(served.port, BODY, 8, 4.0)

    for _ in range(2):
        promoted(store, served.next_version())
        time.sleep(0.7)
        rollback(store, "price", an_act(), target=rollback_target(store, "price"))
        release(store, "price", an_act())
        time.sleep(0.7)

    seen = pressing.result(30)
    assert {s.status for s in seen} == {200}
    assert all(s.prediction == pytest.approx(int(s.version[1:])) for s in seen)
    assert len({s.version for s in seen}) == 3
    assert len({s.worker for s in seen}) == 2
