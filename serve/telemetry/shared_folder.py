"""The folder in which the workers of one server count together."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "headgate-metrics-"


@contextmanager
def counting_together(workers: int, temporary: Path | None = None) -> Iterator[None]:
    """Let worker processes that are started inside count as one server.

    A folder that the operator names is emptied, as nothing in it is of this start; it must be this
    server's alone. Else several workers get one in ``temporary``; one worker needs none.
    """
    if given := os.environ.get(VARIABLE):
        folder = Path(given)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.db"):
            path.unlink(missing_ok=True)
        yield
    elif workers == 1:
        yield
    else:
        parent = temporary or Path(tempfile.gettempdir())
        _remove_abandoned(parent)
        name = f"{PREFIX}{os.getpid()}-"
        with TemporaryDirectory(prefix=name, dir=parent, ignore_cleanup_errors=True) as made:
            os.environ[VARIABLE] = made
            try:
                yield
            finally:
                del os.environ[VARIABLE]


def is_alive(pid: int) -> bool:
    """Say whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_abandoned(parent: Path) -> None:
    """Remove what servers left that were killed; other users' folders resist."""
    for path in parent.glob(f"{PREFIX}*"):
        match = re.fullmatch(rf"{PREFIX}(\d+)-.*", path.name)
        if match and not is_alive(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)
