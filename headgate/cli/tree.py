"""Where the application lies: flows, tasks and serve run in place and are never installed."""

from pathlib import Path

from headgate.errors import UsageError

MARKS = ("prefect.yaml", "flows", "tasks", "serve")


def project_root(start: Path | None = None) -> Path:
    """Return the checkout that the working directory is in.

    Raises:
        UsageError: outside a checkout.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if all((folder / mark).exists() for mark in MARKS):
            return folder
    raise UsageError(
        f"{here} is not in a Headgate checkout (a folder with {', '.join(MARKS)}), and this "
        "command runs what lies there. Change into your checkout and try again."
    )
