"""What a worker's process is started with. Prefect reads its settings when it is imported."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from headgate.deploying import prepare, results_block
from headgate.settings import Settings
from headgate.store import open_store, prove_put_if_absent
from headgate.thread_limits import THREAD_LIMITS

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 30
KEYS = ("HEADGATE_API_KEYS", "HEADGATE_API_KEYS_FILE")


def worker_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker, which its flow runs inherit.

    What ``environ`` sets itself is kept, except where flow runs must mean what the worker means:
    store, models, Prefect and the place of results. API keys are not handed on.
    """
    threads = str(max(1, (os.cpu_count() or 1) // 2))
    defaults = {
        "PREFECT_WORKER_QUERY_SECONDS": str(POLL_SECONDS),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "headgate",
        # The heart's thread belongs to no flow run as far as Prefect's log knows.
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        **dict.fromkeys(THREAD_LIMITS, threads),
    }
    fixed = {
        "PREFECT_API_URL": settings.prefect_api_url,
        "PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK": results_block(settings).slug,
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "HEADGATE_STORE_URL": settings.store_url,
        "HEADGATE_MODELS_DIR": os.pathsep.join(str(folder) for folder in settings.models_dirs),
    }
    kept = {name: value for name, value in environ.items() if name not in KEYS}
    return {**defaults, **kept, **fixed}


def worker_command(name: str | None = None) -> list[str]:
    """Return the command that is a worker, in this interpreter; one flow run per processor."""
    limit = str(max(2, os.cpu_count() or 1))
    command = [sys.executable, "-m", "headgate.worker.process", "--limit", limit]
    return [*command, "--name", name] if name else command


def run_worker(settings: Settings, *, name: str | None = None) -> NoReturn:
    """Turn this process into a worker; SIGTERM or Ctrl-C stops it together with its flow runs.

    Raises:
        StoreRefusedError: if the store does not keep the promise of put-if-absent.
        UnreachableError: if Prefect does not answer.
    """
    prove_put_if_absent(open_store(settings.store_url))
    prepare(settings)
    environment = worker_environment(settings, os.environ)
    command = worker_command(name)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - our own interpreter
