"""A word to the servers of this machine that a ledger grew, so that they look at once.

It only saves them the rest of their half second: a notice that is lost costs nothing else.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

NOTICE = "notice"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """A file that is written anew after an append, and whose time is looked at."""

    path: Path

    def give(self) -> None:
        """Tell whoever follows; without the folder nobody does on this machine."""
        if not self.path.parent.is_dir():
            return
        try:
            self.path.touch()
        except OSError as err:
            LOG.warning("servers of this machine were not told at once: %s", err.strerror)

    def last(self) -> int:
        """Return when it was last given, in nanoseconds; 0 if never. One system call."""
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0
