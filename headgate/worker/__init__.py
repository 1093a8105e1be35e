"""The worker: takes flow runs from the work pool and runs each in a process of its own."""

from headgate.worker.starting import run_worker, worker_command, worker_environment

__all__ = ["run_worker", "worker_command", "worker_environment"]
