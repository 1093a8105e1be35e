"""One of two workers is killed under load: who was not connected to it notices nothing."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.serve.pressing import presser, until_all_answer
from tests.serve.starting import BODY, started, workers

pytestmark = pytest.mark.proof

N_CONNECTIONS = 32
SECONDS = 12.0


def test_errors_only_on_the_connections_it_held_and_another_takes_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with presser() as press, started(tmp_path, "--workers", "2") as (process, port):
        until_all_answer(press, port, BODY, 2)
        pressing = press(port, BODY, N_CONNECTIONS, SECONDS)
        time.sleep(3.0)
        killed = workers(process)[0]
        # It takes no connection more, so that those it holds can be counted.
        os.kill(killed, signal.SIGSTOP)
        ends = psutil.Process(killed).net_connections("tcp")
        n_held = sum(end.laddr[1] == port and bool(end.raddr) for end in ends)
        killed_at = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        seen = pressing.result(60)
        until_all_answer(press, port, BODY, 2)
        alive = workers(process)

    failed = [s for s in seen if s.status != 200]
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(failed)} of {len(seen)} requests failed, {n_held} connections held; "
            f"the last {max(s.at for s in failed) - killed_at:.2f} s after"
        )
    assert {s.status for s in failed} == {0}
    assert 0 < len(failed) <= n_held
    assert max(s.at for s in failed) - killed_at < 1.0
    assert killed not in alive
    assert len(alive) == 2
