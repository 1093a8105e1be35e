"""Starts Prefect's server, a worker and the API, watches them, and stops all of them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self
from uuid import uuid4

import httpx

from headgate.deploying import deploy, prepare, worker_is_online
from headgate.errors import ConflictError, HeadgateError
from headgate.settings import Settings
from headgate.stack.child import Child
from headgate.stack.environment import flow_environment, server_environment, service_environment
from headgate.stack.info import StackInfo, read_stack, remove_info, stack_folder, write_info
from headgate.stack.ports import HOST, take_port
from headgate.store import open_store, prove_put_if_absent
from headgate.worker import worker_command

READY_SECONDS = 90.0
LOOK_SECONDS = 0.1
STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NotReadyError(HeadgateError):
    """A part was started and did not become ready."""

    def __init__(self, child: Child) -> None:
        super().__init__(
            f"{child.name} was not ready after {READY_SECONDS:.0f} s. Its log is {child.log}; the "
            f"last lines:\n{child.last_lines() or '(nothing)'}"
        )


class Stack:
    """Everything that is needed, while the ``with`` block lasts.

    Ctrl-C, SIGTERM and a closed terminal raise KeyboardInterrupt in the main thread; however the
    block is left, every process that was started is gone afterwards. Port 0 means any free one.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        prefect_port: int = 4200,
        port: int | None = None,
        api_workers: int = 1,
        with_api: bool = True,
        root: Path | None = None,
        say: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self.worker_name = f"headgate-{uuid4().hex[:8]}"
        self._ports = (prefect_port, settings.port if port is None else port)
        self._api_workers = api_workers
        self._with_api = with_api
        self._root = root or Path.cwd()
        self._say = say
        self._environ = os.environ if environ is None else environ
        self._folder = stack_folder(settings)
        self._children: list[Child] = []
        self._handlers: dict[signal.Signals, object] = {}

    @property
    def info(self) -> StackInfo:
        """Where everything is; the same that `read_stack` tells other commands."""
        return StackInfo(
            prefect_api_url=self.settings.prefect_api_url,
            api_url=f"http://{HOST}:{self.settings.port}",
            store_url=self.settings.store_url,
            folder=self._folder,
            logs=self._folder / "logs",
            pid=os.getpid(),
            pids={child.name: child.pid for child in self._children},
            started_at=self._started_at,
        )

    def __enter__(self) -> Self:
        running = read_stack(self.settings)
        if running is not None:
            raise ConflictError(
                f"A stack runs on {self.settings.store_url} already (process {running.pid}, "
                f"{running.api_url}). Use it, or stop it first."
            )
        self._started_at = datetime.now(UTC)
        self._listen_to_signals()
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def watch(self, seconds: float | None = None) -> None:
        """Return after some seconds, or never: until Ctrl-C, SIGTERM, or the end of a part.

        Raises:
            ChildDiedError: when a part ended by itself, with its last log lines.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            for child in self._children:
                child.check_alive()
            time.sleep(LOOK_SECONDS)

    def _start(self) -> None:
        self._choose_ports()
        prove_put_if_absent(open_store(self.settings.store_url))
        self._folder.mkdir(parents=True, exist_ok=True)
        server = self._start_server()
        api = self._start_api() if self._with_api else None
        self._wait(server, lambda: _answers(f"{self.settings.prefect_api_url}/health"))
        prepare(self.settings)
        worker = self._spawn("worker", worker_command(self.worker_name), flow_environment)
        deploy(self.settings, self._root)
        self._say("deployments are made")
        self._wait(worker, lambda: worker_is_online(self.settings, self.worker_name))
        if api is not None:
            self._wait(api, lambda: _answers(f"{self.info.api_url}/health/live"))
        write_info(self.info)

    def _choose_ports(self) -> None:
        prefect_port, port = self._ports
        prefect_port = take_port(prefect_port, "Prefect's server", "--prefect-port")
        if self._with_api:
            port = take_port(port, "the API", "--port")
        self.settings = self.settings.model_copy(
            update={
                "prefect_api_url": f"http://{HOST}:{prefect_port}/api",
                "host": HOST,
                "port": port,
            }
        )

    def _start_server(self) -> Child:
        port = str(httpx.URL(self.settings.prefect_api_url).port)
        command = [sys.executable, "-m", "prefect", "server", "start"]
        return self._spawn(
            "prefect", [*command, "--host", HOST, "--port", port], server_environment
        )

    def _start_api(self) -> Child:
        command = [sys.executable, "-m", "serve", "--host", HOST]
        port, workers = str(self.settings.port), str(self._api_workers)
        return self._spawn(
            "api", [*command, "--port", port, "--workers", workers], service_environment
        )

    def _spawn(
        self,
        name: str,
        command: list[str],
        environment: Callable[[Settings, Mapping[str, str], Path], dict[str, str]],
    ) -> Child:
        self._say(f"{name} is started")
        child = Child(
            name,
            command,
            environment=environment(self.settings, self._environ, self._folder),
            cwd=self._root,
            log=self._folder / "logs" / f"{name}.log",
        )
        self._children.append(child)
        return child

    def _wait(self, child: Child, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            for each in self._children:
                each.check_alive()
            if time.monotonic() > deadline:
                raise NotReadyError(child)
            time.sleep(LOOK_SECONDS)
        self._say(f"{child.name} is ready")

    def _stop(self) -> None:
        self._ignore_signals()
        try:
            remove_info(self._folder)
            # The server last: the others still tell it how they end.
            for child in self._children[1:]:
                child.ask_to_stop()
            for child in reversed(self._children):
                child.stop()
        finally:
            self._children.clear()
            self._restore_signals()

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        # What a shell or nohup has us ignore stays ignored.
        heard = [n for n in STOPPED_BY if signal.getsignal(n) is not signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, _interrupt) for number in heard}

    def _ignore_signals(self) -> None:
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)

    def _restore_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._handlers = {}


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
