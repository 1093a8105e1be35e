"""``python -m headgate.worker.process``: a Prefect process worker with a shorter way to a run."""

import argparse
import asyncio
import shlex
import signal
import sys
from typing import Any

from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from headgate.deploying import POOL

WORKER_HEARTBEAT_SECONDS = 10


class EngineJobConfiguration(ProcessJobConfiguration):
    """Starts Prefect's engine in the worker's own interpreter.

    Without an explicit command the stock worker starts two interpreters one after the other, the
    first only to prepare a workspace. A command of the deployment's own is kept.
    """

    def prepare_for_flow_run(self, *args: Any, **kwargs: Any) -> None:
        if self.command is None:
            self.command = shlex.join([sys.executable, "-m", "prefect.engine"])
        super().prepare_for_flow_run(*args, **kwargs)


class EngineWorker(ProcessWorker):
    """Prefect's process worker, but for how a run's process is started."""

    job_configuration = EngineJobConfiguration

    @classmethod
    def __dispatch_key__(cls) -> str | None:
        # Registered under its own name: it serves pools of type "process", but does not replace it.
        return "headgate-engine"


def main() -> int:
    """Work until SIGTERM or Ctrl-C; flow runs under way are stopped too."""
    parser = argparse.ArgumentParser(prog="python -m headgate.worker.process", description=__doc__)
    parser.add_argument("--name", help="the worker's name in Prefect; default a random one")
    parser.add_argument("--pool", default=POOL)
    parser.add_argument("--limit", type=int, help="most flow runs at a time; default no limit")
    given = parser.parse_args()
    # A shell that starts us in the background leaves SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = EngineWorker(
        work_pool_name=given.pool,
        name=given.name,
        limit=given.limit,
        heartbeat_interval_seconds=WORKER_HEARTBEAT_SECONDS,
    )
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        asyncio.run(worker.start(printer=_say))
    except KeyboardInterrupt:
        _say("worker stopped")
    return 0


def _say(*words: object) -> None:
    sys.stderr.write(" ".join(str(word) for word in words) + "\n")


if __name__ == "__main__":
    sys.exit(main())
