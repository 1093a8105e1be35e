"""Schedules of specs, against a server that is as busy as Prefect on SQLite can be."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from headgate.deploying import OF_A_SPEC, schedule
from headgate.settings import Settings

GONE = "0f7cbd4e-0000-4000-8000-000000000001"
DEPLOYMENT = {
    "id": GONE,
    "name": "gone-schedule",
    "flow_id": "0f7cbd4e-0000-4000-8000-000000000002",
    "entrypoint": "flows/retrain.py:retrain",
    "path": ".",
    "tags": [OF_A_SPEC],
    "parameters": {"model": "gone"},
    "schedules": [],
}


class Busy(BaseHTTPRequestHandler):
    """Answers 503 to the first two of every kind of request."""

    asked: list[str]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append(f"{self.command} {self.path}")
        filtered = self.path.endswith("/filter")
        body = json.dumps([DEPLOYMENT] if filtered else DEPLOYMENT).encode()
        self.send_response(503 if self.asked.count(self.asked[-1]) < 3 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def busy_url() -> Iterator[str]:
    Busy.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_busy_server_is_asked_again_until_the_old_schedule_is_gone(
    busy_url: str, tmp_path: Path
) -> None:
    settings = Settings(prefect_api_url=busy_url, models_dir=(tmp_path,))

    schedule(settings)

    assert Busy.asked.count(f"DELETE /api/deployments/{GONE}") == 3
