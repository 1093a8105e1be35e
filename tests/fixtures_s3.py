"""An S3 service of moto on loopback, for every folder of tests that wants one.

In a conftest: `from tests.fixtures_s3 import s3_endpoint, s3_url  # noqa: F401`.
"""

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


def s3_environment(endpoint: str) -> dict[str, str]:
    """Return the variables that lead the standard AWS chain to an endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKTEST",
        "AWS_SECRET_ACCESS_KEY": "SKTEST",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Set the process's environment to an endpoint, for one test."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    for name, value in s3_environment(endpoint).items():
        monkeypatch.setenv(name, value)


def make_bucket() -> str:
    """Create a bucket where the environment leads to, and return its name."""
    bucket = f"headgate-{secrets.token_hex(6)}"
    _client(os.environ["AWS_ENDPOINT_URL"]).create_bucket(Bucket=bucket)
    return bucket


@contextmanager
def running_moto() -> Iterator[str]:
    """Serve moto's S3 from a thread and yield its endpoint."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, _one_at_a_time(application), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Yield the endpoint of one moto for the whole session."""
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture
def s3_url(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a fresh `s3://bucket/prefix`; the environment leads there for this test."""
    use_s3(monkeypatch, s3_endpoint)
    return f"s3://{make_bucket()}/prefix"


@cache
def _client(endpoint: str) -> "S3Client":
    # Making one takes longer than most tests here.
    by_path = Config(s3={"addressing_style": "path"})
    return boto3.session.Session().client("s3", endpoint_url=endpoint, config=by_path)


def _one_at_a_time(application: _WsgiApp) -> _WsgiApp:
    # moto checks If-None-Match and writes without a lock, so that two writers may both win.
    lock = Lock()

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with lock:
            return application(environ, start_response)

    return serve
