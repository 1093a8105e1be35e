"""When the client asks again, and when it must not."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import JsonValue

from headgate.api_client import Client
from headgate.errors import (
    ConflictError,
    HeadgateError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
)

PREDICTION: JsonValue = {
    "model": "iris",
    "version": "v0001",
    "prediction_id": "iris-v0001-1-00",
    "prediction": "setosa",
    "latency_ms": 1.0,
    "from_the_future": [1],
}
ACCEPTED: JsonValue = {"run_id": "r", "status": "queued", "reason": ""}


@dataclass
class Script:
    """What a service answers to one request after another, and what it was asked."""

    answers: Sequence[tuple[int, dict[str, str], JsonValue]]
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)


@contextmanager
def service(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = script.answers[min(len(script.asked), len(script.answers) - 1)]
            script.asked.append((self.command, self.path, self.headers.get("Idempotency-Key")))
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the standard library's names

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def refused(status: int, after: str | None = "0") -> tuple[int, dict[str, str], JsonValue]:
    headers = {} if after is None else {"Retry-After": after}
    return status, headers, {"error": "BusyError", "detail": "Too much at once.", "fields": []}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_says_so(status: int) -> None:
    script = Script([refused(status), refused(status), (200, {}, PREDICTION)])

    with service(script) as url, Client(url) as client:
        answer = client.predict({})

    assert answer.prediction == "setosa"
    assert len(script.asked) == 3


def test_patience_ends_before_a_wait_that_would_outlast_it() -> None:
    script = Script([refused(503, "3600")])

    with service(script) as url, Client(url) as client, pytest.raises(UnreachableError) as caught:
        client.predict({})

    assert str(caught.value) == "Too much at once."
    assert len(script.asked) == 1


@pytest.mark.parametrize("after", ["-1", "soon", "1e9", None])
def test_a_wait_that_is_no_number_is_a_short_one(after: str | None) -> None:
    script = Script([refused(503, after), (200, {}, PREDICTION)])

    with service(script) as url, Client(url) as client:
        client.predict({})

    assert len(script.asked) == 2


def test_without_patience_nothing_is_asked_twice() -> None:
    script = Script([refused(429, "1")])

    with (
        service(script) as url,
        Client(url, patience_seconds=0) as client,
        pytest.raises(UnreachableError),
    ):
        client.predict({})

    assert len(script.asked) == 1


def test_a_request_that_starts_something_is_sent_again_under_the_same_key() -> None:
    script = Script([refused(503), (202, {}, ACCEPTED)])

    with service(script) as url, Client(url) as client:
        client.infer([{}], model="iris")

    (_, _, first), (_, _, second) = script.asked
    assert first is not None
    assert first == second


def test_a_request_that_starts_something_without_a_key_is_sent_once() -> None:
    script = Script([refused(503), (202, {}, ACCEPTED)])

    with service(script) as url, Client(url) as client, pytest.raises(UnreachableError):
        client.run("r").retry()

    assert script.asked == [("POST", "/infer/r/retry", None)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UsageError),
        (401, RefusedError),
        (403, RefusedError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, NotFoundError),
        (413, UsageError),
        (500, HeadgateError),
        (502, UnreachableError),
    ],
)
def test_a_refusal_is_raised_at_once_with_the_services_sentence(
    status: int, error: type[HeadgateError]
) -> None:
    script = Script([refused(status)])

    with service(script) as url, Client(url) as client, pytest.raises(error) as caught:
        client.predict({})

    assert (type(caught.value), str(caught.value)) == (error, "Too much at once.")
    assert len(script.asked) == 1


@pytest.mark.parametrize("body", [[1], "text", None, {}, {"model": "iris"}])
def test_something_else_that_answers_there_is_no_prediction(body: JsonValue) -> None:
    script = Script([(200, {}, body)])

    with (
        service(script) as url,
        Client(url) as client,
        pytest.raises(UnreachableError, match="Check the address"),
    ):
        client.predict({})


def test_what_a_newer_service_says_more_is_kept() -> None:
    with service(Script([(200, {}, PREDICTION)])) as url, Client(url) as client:
        assert client.predict({}).document() == PREDICTION


def test_the_client_costs_nothing_until_it_is_asked_for() -> None:
    code = (
        "import sys, headgate; assert 'httpx' not in sys.modules; headgate.Client; "
        "assert not {'pandas', 'sklearn', 'prefect', 'boto3'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
