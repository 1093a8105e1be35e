"""A process of proven versions imports scikit-learn while it answers, and nobody waits for that."""

import json
import time
from pathlib import Path

import httpx
import pytest

from headgate.store import Store, open_store
from tests.serve.builtin import fitted
from tests.serve.making import a_live_model, flower, promoted
from tests.serve.pressing import Seen, presser
from tests.serve.proven import a_proven_version
from tests.serve.running import until
from tests.serve.starting import started_with

pytestmark = pytest.mark.proof

SECONDS = 8.0
LONGEST_SECONDS = 0.1


def test_the_first_version_that_needs_scikit_learn_holds_up_no_answer_for_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, rows = fitted("iris")
    body = json.dumps(rows[0]).encode()

    def live(store: Store) -> None:
        promoted(store, a_proven_version(store, "iris", made))

    with (
        presser() as press,
        started_with(live, tmp_path, HEADGATE_DEFAULT_MODEL="iris") as (_, port),
    ):
        quiet = press(port, body, 1, 3.0).result(30)
        pressing = press(port, body, 1, SECONDS)
        time.sleep(1.0)
        a_live_model(open_store(str(tmp_path / "runtime")), "flower", flower())
        until(lambda: answers_by(port, "flower"))
        seen = pressing.result(30)

    with capsys.disabled():
        print(f"\nlongest answer {longest_ms(quiet):.1f} ms, then {longest_ms(seen):.1f} ms")  # noqa: T201
    assert {s.status for s in (*quiet, *seen)} == {200}
    assert max(s.seconds for s in seen) < LONGEST_SECONDS


def answers_by(port: int, model: str) -> bool:
    answer = httpx.get(f"http://127.0.0.1:{port}/models/{model}", trust_env=False)
    return answer.status_code == 200 and answer.json()["version"] is not None


def longest_ms(seen: list[Seen]) -> float:
    return max(s.seconds for s in seen) * 1000
