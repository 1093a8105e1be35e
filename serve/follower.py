"""Follows the ledger: one small read per model and half second, and a swap when it moved."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from headgate import versions
from headgate.documents.ledger import LedgerEntry
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError, IntegrityError
from headgate.ledger import entries as ledger
from headgate.names import MODEL, VersionRef
from headgate.scoring.rows import RowScorer
from headgate.store import Store
from serve.live import Live, LiveModel, Watched

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.5
LIST_SECONDS = 2.0
RETRY_SECONDS = (1.0, 30.0)

Load = Callable[[Manifest], RowScorer]
"""Returns a scorer that reproduced its golden rows and is warm, or raises why not."""


@dataclass(slots=True)
class Trail:
    """How far a model was followed, and when its wanted version may be tried again."""

    model: str
    pin: str | None = None
    required: bool = False
    head: LedgerEntry | None = None
    loaded: str | None = None
    failed: str | None = None
    broken: str | None = None
    pause: float = RETRY_SECONDS[0]
    try_at: float = 0.0

    @property
    def wanted(self) -> str | None:
        if self.pin:
            return self.pin
        return self.head.state.champion if self.head else None

    def shown(self, live: LiveModel | None) -> Watched:
        return Watched(
            self.model,
            pinned=self.pin is not None,
            required=self.required,
            head=self.head,
            wanted=self.wanted,
            live=live,
            failure=self.broken or self.failed,
        )


@dataclass(slots=True)
class Follower:
    """Keeps `Live` at what the ledger says, in a thread of its own that never gives up."""

    store: Store
    live: Live
    serve: tuple[str, ...]
    load: Load
    clock: Callable[[], float] = time.monotonic
    _trails: dict[str, Trail] = field(default_factory=dict)
    _list_at: float = 0.0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        for text in self.serve:
            ref = VersionRef.parse(text)
            pin = ref.version if ref.version != "champion" else None
            self._watch(Trail(ref.model, pin=pin, required=True))

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for a load that is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def look(self) -> None:
        """Do one round: list models if it is time, read next entries, load what is wanted."""
        problem = self._guarded(self._list_models)
        for trail in list(self._trails.values()):
            problem = self._guarded(partial(self._advance, trail)) or problem
            if trail.wanted != trail.loaded and self.clock() >= trail.try_at:
                self._swap(trail)
        if problem != self.live.store_problem:
            level = logging.WARNING if problem else logging.INFO
            LOG.log(level, "store=%s %s", self.store.url, problem or "reachable")
        self.live.store_problem = problem
        if problem is None:
            self.live.settled.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.look)
            self._stopping.wait(POLL_SECONDS)

    def _guarded(self, step: Callable[[], None]) -> str | None:
        """Do one step; return why it failed, so that the others are done all the same."""
        try:
            step()
        except HeadgateError as err:
            return str(err)
        except Exception as err:
            LOG.exception("follower failed; going on")
            return f"reading the store failed unexpectedly ({type(err).__name__})"
        return None

    def _watch(self, trail: Trail) -> None:
        self._trails[trail.model] = trail
        self.live.show(trail.shown(None))

    def _list_models(self) -> None:
        if self.serve or self.clock() < self._list_at:
            return
        for model in versions.list_models(self.store):
            if model not in self._trails and MODEL.fullmatch(model):
                self._watch(Trail(model))
        self._list_at = self.clock() + LIST_SECONDS

    def _advance(self, trail: Trail) -> None:
        if trail.pin is not None:
            return
        try:
            newest = entry = _next_entry(self.store, trail)
            while entry is not None:
                newest = entry
                entry = ledger.read_entry(self.store, trail.model, newest.seq + 1)
        except IntegrityError as err:
            self._break(trail, str(err))
            return
        if newest is not None:
            self._move(trail, newest)
        elif trail.broken is not None:
            self._break(trail, None)

    def _break(self, trail: Trail, reason: str | None) -> None:
        """Note that the ledger of one model cannot be read on, or can be again."""
        if reason != trail.broken:
            LOG.error("model=%s ledger: %s", trail.model, reason or "readable again")
            trail.broken = reason
            self.live.show(trail.shown(self.live.loaded(trail.model)))

    def _move(self, trail: Trail, entry: LedgerEntry) -> None:
        before = trail.wanted
        trail.head, trail.broken = entry, None
        # A model that appears later must not take away what this server already answers.
        found_at_start = entry.state.champion is not None and not self.live.settled.is_set()
        trail.required = trail.required or found_at_start
        if trail.wanted != before:
            trail.failed, trail.pause, trail.try_at = None, RETRY_SECONDS[0], 0.0
        live = self.live.loaded(trail.model)
        if live is not None and live.version == entry.state.champion:
            live = replace(live, entry=entry)
        self.live.show(trail.shown(live))

    def _swap(self, trail: Trail) -> None:
        """Load the wanted version and put it in place; on failure the old one goes on serving."""
        wanted = trail.wanted
        started = self.clock()
        try:
            live = self._loaded(trail, wanted) if wanted else None
        except HeadgateError as err:
            self._fail(trail, str(err))
            return
        except Exception as err:
            LOG.exception("model=%s version=%s could not be loaded", trail.model, wanted)
            self._fail(trail, f"it failed unexpectedly ({type(err).__name__}); see the log")
            return
        trail.loaded, trail.failed = wanted, None
        self.live.show(trail.shown(live))
        seconds = self.clock() - started
        seq = live.seq if live else 0
        LOG.info("model=%s serving=%s seq=%s load_seconds=%.2f", trail.model, wanted, seq, seconds)

    def _loaded(self, trail: Trail, version: str) -> LiveModel:
        manifest = versions.read_manifest(self.store, trail.model, version)
        scorer = self.load(manifest)
        return LiveModel(manifest, scorer, trail.head, datetime.now(UTC))

    def _fail(self, trail: Trail, reason: str) -> None:
        if reason != trail.failed:
            LOG.error(
                "model=%s wanted=%s serving=%s: %s",
                trail.model,
                trail.wanted,
                trail.loaded,
                reason,
            )
        trail.failed = reason
        trail.try_at = self.clock() + trail.pause
        trail.pause = min(2 * trail.pause, RETRY_SECONDS[1])
        self.live.show(trail.shown(self.live.loaded(trail.model)))


def _next_entry(store: Store, trail: Trail) -> LedgerEntry | None:
    if trail.head is None:
        return ledger.read_head(store, trail.model)
    return ledger.read_entry(store, trail.model, trail.head.seq + 1)
