"""Starts the server: one computing thread per worker, loopback only unless there are keys."""

import os
import socket
from typing import Any

import uvicorn

from headgate.settings import Settings
from serve.errors import AddressTakenError

GRACEFUL_SECONDS = 10
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# One line per state change to standard error, the same in every worker.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve until stopped; requests under way get a bounded time to finish.

    The workers read the settings again from the environment and ``headgate.toml``.

    Raises:
        UsageError: if the address is reachable from elsewhere and there are no API keys.
        AddressTakenError: if something listens there already.
    """
    settings.check_listening()
    _check_free(settings.host, settings.port)
    # Read by the numeric libraries when they are imported, which only the workers do.
    for name in THREAD_LIMITS:
        os.environ.setdefault(name, "1")
    uvicorn.run(
        "serve.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        access_log=False,
        log_config=LOGGING,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        server_header=False,
    )


def _check_free(host: str, port: int) -> None:
    """Try the address before uvicorn does, which would only log why it cannot have it."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as err:
        raise AddressTakenError(host, port, (err.strerror or str(err)).lower()) from err
