"""What is asked of Prefect on behalf of a caller carries that caller's trace."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from headgate.prefect_http import PrefectHttp
from headgate.trace_context import trace_parent

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Listening(HTTPServer):
    """Answers everything, and keeps the traceparent of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[str | None] = []


class _Handler(BaseHTTPRequestHandler):
    server: Listening

    def do_GET(self) -> None:
        self.server.heard.append(self.headers["traceparent"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listening() -> Iterator[Listening]:
    with Listening() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_trace_is_carried_inside_and_not_afterwards(listening: Listening) -> None:
    url = f"http://127.0.0.1:{listening.server_port}/api"
    prefect = PrefectHttp(url, auth=None, timeout_seconds=5, patience_seconds=0)

    with trace_parent(HEADER):
        prefect.ask("GET", "/health")
    prefect.ask("GET", "/health")
    prefect.close()

    assert listening.heard == [HEADER, None]
