"""The file of API keys: one a line, replaced whole."""

import os
import tempfile
from pathlib import Path

from headgate.api_keys import ApiKey, parse_keys
from headgate.errors import UsageError

HEAD = "# One key a line: name:role+role@model:sha256$<digest>. Read again when it changes.\n"


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """Return the keys of a file; an empty file has none.

    Raises:
        UsageError: naming the file and what is wrong in it.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"The file of keys {path} is no ordinary file.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        why = err.strerror if isinstance(err, OSError) else "it is not UTF-8"
        raise UsageError(f"The file of keys {path} cannot be read: {why}.") from err
    try:
        return parse_keys(text)
    except UsageError as err:
        raise UsageError(f"The file of keys {path} cannot be used. {err}") from err


def append_key(path: Path, key: ApiKey) -> None:
    """Add a key; whoever reads the file meanwhile sees it without the key or with it.

    Raises:
        UsageError: if the file that is there cannot be used, or none can be written.
    """
    try:
        _append(path, key)
    except OSError as err:
        why = (err.strerror or str(err)).lower()
        raise UsageError(f"The file of keys {path} cannot be written: {why}.") from err


def _append(path: Path, key: ApiKey) -> None:
    before, mode = HEAD, 0o600
    if path.exists():
        read_keys(path)
        before, mode = path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777
        before += "" if before.endswith("\n") else "\n"
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
        os.fchmod(new.fileno(), mode)
        new.write(f"{before}{key}\n")
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).replace(path)
