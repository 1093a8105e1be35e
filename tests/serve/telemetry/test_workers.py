"""Several real worker processes count and log as one server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from headgate.store import open_store
from serve.telemetry.shared_folder import PREFIX
from tests.fixtures_prefect import free_port
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import until
from tests.serve.starting import ROOT, is_ready
from tests.serve.telemetry.reading import total

N_REQUESTS = 200
PREDICT = {"endpoint": "/models/{model}/predict", "model_name": "price"}


@dataclass
class Server:
    url: str
    client: httpx.Client
    process: subprocess.Popen[bytes]
    temporary: Path
    log: Path

    def ask(self, path: str, json: object = None) -> httpx.Response:
        return self.client.request("GET" if json is None else "POST", path, json=json)

    @property
    def n_serving(self) -> float:
        return total(self.ask("/metrics").text, "model_swaps_total", model="price")

    @property
    def workers(self) -> list[int]:
        """The processes that write metrics."""
        folder = next(self.temporary.glob(f"{PREFIX}*"), None)
        files = folder.glob("gauge_livesum_*.db") if folder else []
        pids = {int(path.stem.rpartition("_")[2]) for path in files}
        return sorted(pid for pid in pids if psutil.pid_exists(pid))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("workers")
    (folder / "tmp").mkdir()
    a_live_model(open_store(str(folder / "runtime")), "price", price())
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "log"
    # A file, as nobody reads a pipe meanwhile, and a full one would stop the server.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE_")}
    with (
        log.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", "serve", "--port", str(port), "--workers", "2"],
            cwd=folder,
            env=inherited | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")},
            stderr=out,
        ) as process,
        # Every request has a connection of its own, so that any worker may get it.
        httpx.Client(
            base_url=url,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=30,
            trust_env=False,
        ) as client,
    ):
        made = Server(url, client, process, folder / "tmp", log)
        try:
            until(lambda: is_ready(url) and made.n_serving == 2, seconds=60)
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    assert list((folder / "tmp").glob(f"{PREFIX}*")) == []


def test_every_worker_tells_what_all_of_them_did(server: Server) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(
                lambda _: server.ask("/models/price/predict", AREA).status_code, range(N_REQUESTS)
            )
        )
    assert answers == [200] * N_REQUESTS
    # An answer is sent, then counted.
    until(lambda: total(server.ask("/metrics").text, "request_count", **PREDICT) >= N_REQUESTS)

    for text in [server.ask("/metrics").text for _ in range(6)]:
        assert total(text, "request_count", status="200", **PREDICT) == N_REQUESTS
        assert total(text, "request_latency_seconds_count", **PREDICT) == N_REQUESTS
        assert total(text, "predictions_total", model="price", label="") == N_REQUESTS
        assert total(text, "model_loads_total", model="price", result="loaded") == 2


def test_every_line_of_the_log_is_one_json_object(server: Server) -> None:
    hostile = {"X-Request-ID": 'a","status":1'}
    server.client.get("/no%0asuch%22path", headers=hostile)
    # The lines follow the answers, each worker's in its own time.
    until(lambda: '"status":404' in server.log.read_text())
    until(lambda: server.log.read_text().count(PREDICT["endpoint"]) >= N_REQUESTS)

    lines = [json.loads(line) for line in server.log.read_text().splitlines()]

    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)
    requests = [line for line in lines if line["event"] == "request"]
    predictions = [line for line in requests if line["endpoint"] == PREDICT["endpoint"]]
    assert any(line["status"] == 404 for line in requests)
    assert len({line["request_id"] for line in requests}) == len(requests)
    assert len({line["prediction_id"] for line in predictions}) == N_REQUESTS
    assert predictions[0]["version"] == "v0001"
    assert predictions[0]["caller"] == "local"


def test_what_a_killed_worker_counted_stays_and_its_gauges_go(server: Server) -> None:
    before = total(server.ask("/metrics").text, "request_count", **PREDICT)
    killed = server.workers[0]

    os.kill(killed, signal.SIGKILL)
    until(lambda: len(server.workers) == 2 and killed not in server.workers, seconds=60)
    until(lambda: is_ready(server.url), seconds=60)

    text = server.ask("/metrics").text
    files = [path.name for path in server.temporary.glob(f"{PREFIX}*/gauge_live*_{killed}.db")]
    assert total(text, "request_count", **PREDICT) == before
    assert files == []
