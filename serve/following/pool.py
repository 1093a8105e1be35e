"""The versions a process has in memory, within bounds."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from serve.live import LiveModel

Key = tuple[str, str]
"""A model and one of its versions."""


@dataclass(slots=True)
class Pool:
    """Loaded versions; those that play no part now go, the least recently used first.

    The bytes are those of the artifacts a version was loaded from: its memory is of that order,
    not of that size. What plays a part stays, though it alone were over the bounds.
    """

    max_models: int
    max_bytes: int
    _loaded: OrderedDict[Key, LiveModel] = field(default_factory=OrderedDict)

    @property
    def n_bytes(self) -> int:
        return sum(live.n_bytes for live in self._loaded.values())

    def __len__(self) -> int:
        return len(self._loaded)

    def find(self, model: str, version: str) -> LiveModel | None:
        """Return a loaded version, as used just now."""
        key = (model, version)
        if key in self._loaded:
            self._loaded.move_to_end(key)
        return self._loaded.get(key)

    def keep(self, live: LiveModel) -> None:
        """Take a version that was loaded just now."""
        self._loaded[live.model, live.version] = live

    def trim(self, playing: Collection[Key]) -> list[Key]:
        """Let go of what is too much, and return it."""
        removed = []
        for key in list(self._loaded):
            if len(self) <= self.max_models and self.n_bytes <= self.max_bytes:
                break
            if key not in playing:
                del self._loaded[key]
                removed.append(key)
        return removed
