"""Starts the server: one computing thread per worker, loopback only unless there are keys."""

import os
import socket

import uvicorn

from headgate.settings import Settings
from headgate.thread_limits import THREAD_LIMITS
from serve.access.keyring import Keyring
from serve.connections import protocol
from serve.errors import AddressTakenError
from serve.telemetry.logs import logging_config
from serve.telemetry.shared_folder import counting_together

GRACEFUL_SECONDS = 10
# Longer than the 60 s after which most proxies give up an idle connection, so that they do it.
KEEP_ALIVE_SECONDS = 75
# Connections that wait to be accepted are a queue too, and nobody sheds them.
BACKLOG = 1024
# A worker that loads a large model answers its supervisor late, and is not dead.
SILENT_SECONDS = 60


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve until stopped; requests under way get a bounded time to finish.

    The workers read the settings again from the environment and ``headgate.toml``.

    Raises:
        UsageError: if the address is reachable from elsewhere and there are no API keys, or the
            file of keys cannot be used.
        AddressTakenError: if something listens there already.
    """
    settings.check_listening()
    Keyring(settings)
    _check_free(settings.host, settings.port)
    # Read by the numeric libraries when they are imported, which only the workers do.
    for name in THREAD_LIMITS:
        os.environ.setdefault(name, "1")
    with counting_together(workers):
        uvicorn.run(
            "serve.app:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=workers,
            http=protocol(),
            ws="none",
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_worker_healthcheck=SILENT_SECONDS,
            proxy_headers=bool(settings.forwarded_allow_ips),
            forwarded_allow_ips=list(settings.forwarded_allow_ips),
            access_log=False,
            log_config=logging_config(settings.log_format),
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
