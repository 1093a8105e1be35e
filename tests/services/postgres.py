"""A real PostgreSQL for tests: a cluster of its own in a folder, on a free loopback port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.packages import program
from tests.services.ports import free_ports

_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; everybody on this machine is let in as `postgres`."""

    folder: Path
    port: int

    def create_database(self, name: str) -> str:
        """Create a database and return its URL for Prefect and SQLAlchemy."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", _USER]
        _run(self.folder, "createdb", *where, name)
        return f"postgresql+asyncpg://{_USER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server and yield it; stopped and removed afterwards.

    Raises:
        ProgramsMissingError: if PostgreSQL is not installed.
    """
    # Not below pytest's own folder, which only the user who runs the tests may enter.
    folder = Path(tempfile.mkdtemp(prefix="headgate-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _USER)
        (port,) = free_ports(1)
        data = str(folder / "data")
        _run(folder, "initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        _pg_ctl(folder, "-o", _options(folder, port), "-l", str(folder / "log"), "start")
        try:
            yield Postgres(folder, port)
        finally:
            _pg_ctl(folder, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options(folder: Path, port: int) -> str:
    return f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"


def _pg_ctl(folder: Path, *arguments: str) -> None:
    _run(folder, "pg_ctl", "-D", str(folder / "data"), "-w", *arguments)


def _run(folder: Path, name: str, *arguments: str) -> None:
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
    output = folder / "output"
    with output.open("a") as file:
        command = [*as_user, program(name), *arguments]
        done = subprocess.run(command, check=False, stdout=file, stderr=file, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{output.read_text()[-2000:]}")
