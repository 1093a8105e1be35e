"""The Debian packages that the services' tests need: `python -m tests.services.packages`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common", "postgresql")
CEPH_PROGRAMS = ("radosgw", "ceph-mon", "ceph-osd", "radosgw-admin", "ceph", "monmaptool")
POSTGRES_PROGRAMS = ("initdb", "pg_ctl", "createdb")
_POSTGRES = Path("/usr/lib/postgresql")


class ProgramsMissingError(Exception):
    """Programs of Debian's packages are not installed."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(
            f"{', '.join(missing)} not found. As root, run: python -m tests.services.packages "
            f"(or: apt-get install --no-install-recommends {' '.join(PACKAGES)})"
        )


def program(name: str) -> str:
    """Return the path of a program; Debian keeps PostgreSQL's outside of PATH.

    Raises:
        ProgramsMissingError: if it is not installed.
    """
    if name in POSTGRES_PROGRAMS:
        versions = sorted(_POSTGRES.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
        found = str(versions[-1]) if versions else None
    else:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if not found:
        raise ProgramsMissingError([name])
    return found


def missing() -> list[str]:
    """Return the programs that are not installed."""
    absent = []
    for name in (*CEPH_PROGRAMS, *POSTGRES_PROGRAMS):
        try:
            program(name)
        except ProgramsMissingError:
            absent.append(name)
    return absent


def install() -> None:
    """Install the packages with apt-get; only root can."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], check=True, env=environment)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    subprocess.run(command, check=True, env=environment)


def main() -> None:
    """Install what is missing, or exit with a sentence that says what to install."""
    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        install()
    absent = missing()
    if absent:
        sys.exit(str(ProgramsMissingError(absent)))
    sys.stdout.write("All programs that the services' tests need are installed.\n")


if __name__ == "__main__":
    main()
