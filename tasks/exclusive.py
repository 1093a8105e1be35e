"""One active run per model: markers in the store, believed only while a heart beats."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from headgate.documents.base import Document
from headgate.documents.runs import Attempt
from headgate.errors import LostRaceError
from headgate.names import check_model_name
from headgate.runs import records as runs
from headgate.store import Store

FOLDER = "pending/active"
DEAD_AFTER_SECONDS = 25.0
LOOK_EVERY_SECONDS = 0.5


class ActiveRunError(LostRaceError):
    """Another run works on the model."""

    def __init__(self, model: str, mine: str, active: str) -> None:
        super().__init__(
            f"Run {mine!r} of model {model!r} was not started: run {active!r} is active on it. "
            f"Wait for it (headgate status {active}) or cancel it (headgate cancel {active}), then "
            "start again."
        )


class Marker(Document):
    """Says that an attempt works on a model; ``order`` decides between two that start at once."""

    schema_version: Literal[1] = 1
    model: str
    run_id: str
    attempt: int
    order: str

    @property
    def key(self) -> str:
        return f"{FOLDER}/{self.model}-{self.run_id}-{self.attempt}"


@contextmanager
def only_active(
    store: Store, model: str, attempt: Attempt, *, dead_after_seconds: float = DEAD_AFTER_SECONDS
) -> Iterator[None]:
    """Hold a model for one attempt; the marker goes when the attempt ends, not when it is killed.

    Raises:
        ActiveRunError: if another run's heart beats; a run whose heart stands still for
            ``dead_after_seconds`` is passed over.
    """
    mine = Marker(
        model=check_model_name(model),
        run_id=attempt.run_id,
        attempt=attempt.number,
        order=f"{attempt.opened_at.isoformat()} {attempt.run_id}",
    )
    store.put(mine.key, mine.to_bytes())
    try:
        _wait_for_others(store, mine, dead_after_seconds)
        yield
    finally:
        store.delete(mine.key)


@dataclass(slots=True)
class _Watch:
    """One other run, and what its heart did since we first looked."""

    marker: Marker
    since: float
    first_count: int | None = field(default=None)
    alive: bool = False

    def look(self, store: Store) -> None:
        beat = runs.read_beat(store, self.marker.run_id, self.marker.attempt)
        count = beat.count if beat else 0
        if self.first_count is None:
            self.first_count = count
        self.alive = self.alive or count != self.first_count


def _wait_for_others(store: Store, mine: Marker, dead_after_seconds: float) -> None:
    """Return once nobody else is alive; give way to who came first, outwait who came later.

    Both markers are in the store before either run looks, so at most one goes on: the later one
    gives way at once, and the earlier one only goes on after the other's marker is gone.
    """
    watches: dict[str, _Watch] = {}
    while others := _others(store, mine):
        for key, marker in others.items():
            watch = watches.setdefault(key, _Watch(marker, time.monotonic()))
            watch.look(store)
            waited = time.monotonic() - watch.since
            if watch.alive and (marker.order < mine.order or waited > dead_after_seconds):
                raise ActiveRunError(mine.model, mine.run_id, marker.run_id)
            if not watch.alive and waited > dead_after_seconds:
                store.delete(key)
        time.sleep(LOOK_EVERY_SECONDS)


def _others(store: Store, mine: Marker) -> dict[str, Marker]:
    """Return the markers of other runs that have not ended; those of ended ones are swept.

    The other attempts of our own run are left alone: they neither block nor lose their marker.
    """
    found = {}
    for name in store.names(FOLDER):
        if not name.startswith(f"{mine.model}-"):
            continue
        key = f"{FOLDER}/{name}"
        data = store.find(key)
        if data is None:
            continue
        marker = Marker.from_bytes(data, key)
        if marker.run_id == mine.run_id:
            continue
        if marker.attempt in runs.read_outcomes(store, marker.run_id):
            store.delete(key)
        else:
            found[key] = marker
    return found
