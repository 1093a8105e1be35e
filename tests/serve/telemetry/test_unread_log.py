"""A real server whose log nobody reads answers as before, and tells later what it could not say."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headgate.settings import Settings
from headgate.store import Store, open_store
from serve.telemetry.stderr import LineWriter
from tests.fixtures_prefect import free_port
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import running, until
from tests.serve.starting import is_ready, start
from tests.serve.telemetry.reading import total

# A pipe takes 64 KiB: the lines of some 200 requests.
N_ASKED = 600


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads."""
    reading, writing = os.pipe()
    yield writing
    os.close(reading)
    os.close(writing)


def ask(client: httpx.Client) -> list[str]:
    """Ask often; every request is answered. Return their ids."""
    answers = [client.post("/models/price/predict", json=AREA) for _ in range(N_ASKED)]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.headers["x-request-id"] for answer in answers]


def test_a_log_nobody_reads_delays_no_answer_and_lines_that_are_lost_are_counted(
    settings: Settings, store: Store, unread: int
) -> None:
    a_live_model(store, "price", price())
    small = LineWriter(unread, most_bytes=10_000)
    with running(settings, small) as client:
        ask(client)
        metrics = client.get("/metrics").text

    assert total(metrics, "request_count", status="200") >= N_ASKED
    n_told = total(metrics, "log_lines_dropped_total")
    assert n_told > 0
    # The line about the look at the metrics comes after it.
    assert small.n_lost - n_told in {0, 1}


def test_whoever_reads_after_the_end_finds_every_line_in_order(tmp_path: Path) -> None:
    a_live_model(open_store(str(tmp_path / "runtime")), "price", price())
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with start(tmp_path, "--port", str(port)) as process:
        until(lambda: is_ready(url), seconds=60)
        with httpx.Client(base_url=url, trust_env=False) as client:
            ids = ask(client)
            metrics = client.get("/metrics").text
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=40)

    found = iter(said.splitlines())
    assert all(any(f'"request_id":"{own}"' in line for line in found) for own in ids)
    assert any("Finished server process" in line for line in found)
    assert total(metrics, "log_lines_dropped_total") == 0
