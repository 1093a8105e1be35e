"""``stack.json``: where a running stack's parts are, for every other command."""

import json
import os
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from headgate.documents.base import Frozen
from headgate.settings import Settings
from headgate.store import open_store

FILE = "stack.json"
BESIDE_A_BUCKET = ".prefect"


class StackInfo(Frozen):
    """A running stack; ``pid`` is of the process that supervises it."""

    prefect_api_url: str
    api_url: str
    store_url: str
    folder: Path
    logs: Path
    pid: int
    pids: dict[str, int]
    started_at: datetime


def stack_folder(settings: Settings) -> Path:
    """Return where a stack keeps Prefect's database and logs.

    A local store's own folder, else ``.prefect`` in the working directory.
    """
    # Asked before every command: a bucket is not opened for it.
    if settings.store_url.startswith("s3:"):
        return Path.cwd() / BESIDE_A_BUCKET
    return Path(open_store(settings.store_url).uri(FILE)).parent


def read_stack(settings: Settings) -> StackInfo | None:
    """Return the stack that runs on this store, or None."""
    try:
        info = StackInfo.model_validate_json((stack_folder(settings) / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    return info if _is_alive(info.pid) and info.store_url == settings.store_url else None


def write_info(info: StackInfo) -> None:
    """Tell other commands; whole or not at all."""
    path = info.folder / FILE
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(info.model_dump(mode="json"), indent=2) + "\n")
    draft.replace(path)


def remove_info(folder: Path) -> None:
    """Tell other commands that the stack is gone."""
    (folder / FILE).unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
