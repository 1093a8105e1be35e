"""Where a version comes from: code, lock file and libraries."""

import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path

from headgate.documents.base import Frozen, sha256_of

LOCK = "requirements.lock"
# Those that decide an answer; environment.txt has them all.
LIBRARIES = ("headgate", "numpy", "pandas", "scikit-learn", "scipy", "skops")
GIT_SECONDS = 20


class CodeState(Frozen):
    """The commit a tree is at, and whether it differs from it; None where there is no git."""

    git_sha: str | None = None
    git_dirty: bool | None = None
    lock_sha256: str | None = None


def code_state(folder: Path) -> CodeState:
    """Return the state of the code in a folder; without git or a lock file that part is None."""
    sha = _git(folder, "rev-parse", "HEAD")
    changes = None if sha is None else _git(folder, "status", "--porcelain")
    lock = folder / LOCK
    return CodeState(
        git_sha=sha,
        git_dirty=None if changes is None else bool(changes),
        lock_sha256=sha256_of(lock.read_bytes()) if lock.is_file() else None,
    )


def installed() -> dict[str, str]:
    """Return every installed distribution's version by its name in lower case, sorted."""
    found = {
        str(name).lower(): distribution.version
        for distribution in distributions()
        if (name := distribution.metadata["Name"])
    }
    return dict(sorted(found.items()))


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that decide an answer."""
    found = installed()
    return {name: found[name] for name in LIBRARIES if name in found}


def environment_text() -> str:
    """Return the installed distributions, one `name==version` a line."""
    return "".join(f"{name}=={version}\n" for name, version in installed().items())


def python_version() -> str:
    """Return the version of the running Python."""
    return platform.python_version()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
