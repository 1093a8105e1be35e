"""Follows the ledger: one small read per model and half second, and a swap when it moved."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from datetime import UTC, datetime

from headgate import versions
from headgate.documents.ledger import LedgerEntry
from headgate.errors import HeadgateError, IntegrityError
from headgate.ledger.notice import NOTICE, Notice
from headgate.names import MODEL, VersionRef
from headgate.settings import Settings
from headgate.store import Store
from serve.cache import Cache
from serve.following.ledger_reading import check_same, check_there, newest_after
from serve.following.loading import Load
from serve.following.obtaining import Obtainer
from serve.following.pool import Pool
from serve.following.trail import Part, Trail
from serve.live import Live
from serve.telemetry import Telemetry

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.5
NOTICE_SECONDS = 0.05
CHECK_SECONDS = 2.0
FIRST_ANSWER_SECONDS = 3.0


@dataclass(slots=True)
class Follower:
    """Keeps `Live` at what the ledger says, in a thread of its own that never gives up.

    While the store is away what is loaded goes on serving; a process that starts then serves what
    the cache remembers.
    """

    store: Store
    live: Live
    settings: Settings
    load: InitVar[Load]
    cache: Cache
    telemetry: Telemetry = field(default_factory=Telemetry)
    clock: Callable[[], float] = time.monotonic
    obtainer: Obtainer = field(init=False)
    _trails: dict[str, Trail] = field(default_factory=dict)
    _check_at: float = 0.0
    _problem: str | None = None
    _notice: Notice = field(init=False)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self, load: Load) -> None:
        settings = self.settings
        pool = Pool(settings.max_loaded_models, settings.max_loaded_bytes)
        self.obtainer = Obtainer(self.store, self.cache, load, pool, self.telemetry, self.clock)
        self._notice = Notice(settings.store_cache / NOTICE)
        for text in settings.serve:
            ref = VersionRef.parse(text)
            pin = ref.version if ref.version != "champion" else None
            self._watch(Trail(ref.model, pin=pin, required=True))

    def start(self) -> None:
        self.cache.prepare()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for a load that is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        for trail in self._trails.values():
            trail.stop()

    def look(self) -> None:
        """Do one round: list models if it is time, read next entries, load what is wanted."""
        self._round(self._read())

    def _run(self) -> None:
        waited = None if self.cache.is_empty() else self._wait_for_store()
        if waited is not None:
            self._round(waited)
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                LOG.exception("follower failed; going on")
            self._rest()

    def _rest(self) -> None:
        """Wait for the next round, or for the word that something was appended."""
        told = self._notice.last()
        until = self.clock() + POLL_SECONDS
        while self.clock() < until and self._notice.last() == told:
            if self._stopping.wait(NOTICE_SECONDS):
                return

    def _wait_for_store(self) -> str | None:
        """Return what is wrong when the store does not answer soon; it may hang for long."""
        answered = threading.Event()

        def ask() -> None:
            try:
                self.store.names("")
            except HeadgateError as err:
                LOG.info("store=%s %s", self.store.url, err)
            answered.set()

        threading.Thread(target=ask, name="first-answer", daemon=True).start()
        if answered.wait(FIRST_ANSWER_SECONDS):
            return None
        return f"Store {self.store.url} did not answer within {FIRST_ANSWER_SECONDS:g} s."

    def _round(self, problem: str | None) -> None:
        is_back = self._problem is not None and problem is None
        self._problem = problem
        if problem is not None and not self.live.settled.is_set():
            self._recall()
        for trail in list(self._trails.values()):
            if is_back:
                trail.try_again()
            self._settle(trail)
        self._tell(problem)

    def _read(self) -> str | None:
        """Read on in all ledgers; return why the store cannot be read."""
        checking = self.clock() >= self._check_at
        try:
            if self._must_ask(checking=checking):
                check_there(self.store)
            if checking:
                self._list_models()
            for trail in list(self._trails.values()):
                self._advance(trail, checking=checking)
        except HeadgateError as err:
            return str(err)
        except Exception as err:
            LOG.exception("reading the store failed; going on")
            return f"reading the store failed unexpectedly ({type(err).__name__})"
        if checking:
            self._check_at = self.clock() + CHECK_SECONDS
            self.cache.saw_store()
        return None

    def _must_ask(self, *, checking: bool) -> bool:
        """Say whether to ask for the store itself: else an empty one would pass for a new one."""
        if not self.live.settled.is_set():
            return not self.cache.is_empty()
        # Pinned versions have no ledger to read, whose absence would be noticed.
        reads_on = any(t.pin is None and t.head is not None for t in self._trails.values())
        return checking and not reads_on and bool(self.live.models)

    def _list_models(self) -> None:
        if self.settings.serve:
            return
        for model in versions.list_models(self.store):
            if model not in self._trails and MODEL.fullmatch(model):
                self._watch(Trail(model))

    def _watch(self, trail: Trail) -> None:
        for text in self.settings.shadow:
            ref = VersionRef.parse(text)
            if ref.model == trail.model:
                trail.shadow.want(ref.version)
        self._trails[trail.model] = trail
        self.live.show(trail.shown())

    def _advance(self, trail: Trail, *, checking: bool) -> None:
        if trail.pin is not None:
            return
        try:
            if trail.head is not None and (checking or trail.recalled):
                check_same(self.store, trail.head)
                trail.recalled = False
            newest = newest_after(self.store, trail.model, trail.head)
        except IntegrityError as err:
            self._break(trail, str(err))
            return
        if newest is not None:
            self._follow(trail, newest)
        elif trail.broken is not None and checking:
            self._break(trail, None)

    def _break(self, trail: Trail, reason: str | None) -> None:
        """Note that the ledger of one model cannot be read on, or can be again."""
        if reason != trail.broken:
            LOG.error("model=%s ledger: %s", trail.model, reason or "readable again")
            trail.broken = reason

    def _follow(self, trail: Trail, entry: LedgerEntry) -> None:
        # A model that appears later must not take away what this server already answers.
        found_at_start = entry.state.champion is not None and not self.live.settled.is_set()
        trail.required = trail.required or found_at_start
        trail.follow(entry)
        if trail.champion.live is None:
            self.live.show(trail.shown())

    def _recall(self) -> None:
        """Take from the cache what the store does not tell."""
        if not self.settings.serve:
            for model in self.cache.models():
                if model not in self._trails and MODEL.fullmatch(model):
                    self._watch(Trail(model))
        for trail in self._trails.values():
            if trail.head is None and trail.pin is None:
                entry = self.cache.recall_entry(trail.model)
                if entry is not None:
                    trail.recalled = True
                    self._follow(trail, entry)

    def _settle(self, trail: Trail) -> None:
        """Load what is wanted and swap; a part whose version cannot be loaded stays as it is."""
        before = trail.champion.playing
        due = [part for part in trail.parts if part.is_due(self.clock())]
        for part in due:
            self._fill(trail, part)
        trail.compare(self.telemetry.shadowed)
        self.live.show(trail.shown())
        playing = trail.champion.playing
        if playing is not None and playing != before:
            seq = trail.head.seq if trail.head else 0
            LOG.info("model=%s serving=%s seq=%s", trail.model, playing, seq)
            self.telemetry.swapped(trail.model)
        if trail.head is not None and playing == trail.champion.wanted and not trail.recalled:
            self._remember(trail, trail.head)
        if due:
            self.cache.trim()

    def _remember(self, trail: Trail, entry: LedgerEntry) -> None:
        if trail.remembered is not entry:
            self.cache.remember_entry(entry)
            trail.remembered = entry

    def _fill(self, trail: Trail, part: Part) -> None:
        version = str(part.wanted)
        try:
            live = self.obtainer.obtain(trail.model, version, store_away=self._problem is not None)
        except HeadgateError as err:
            self._fail(trail, part, str(err))
        except Exception as err:
            LOG.exception("model=%s version=%s could not be loaded", trail.model, version)
            self._fail(trail, part, f"it failed unexpectedly ({type(err).__name__}); see the log")
        else:
            entry = trail.head if trail.pin is None else None
            part.take(replace(live, entry=entry))
            self.obtainer.release(self._playing())

    def _playing(self) -> set[tuple[str, str]]:
        return {
            (trail.model, part.playing)
            for trail in self._trails.values()
            for part in trail.parts
            if part.playing is not None
        }

    def _fail(self, trail: Trail, part: Part, reason: str) -> None:
        if reason != part.failure:
            model, wanted, serving = trail.model, part.wanted, trail.champion.playing
            LOG.error("model=%s wanted=%s serving=%s: %s", model, wanted, serving, reason)
        part.fail(reason, self.clock())
        self.telemetry.model_failed(trail.model)

    def _tell(self, problem: str | None) -> None:
        if problem != self.live.store_problem:
            level = logging.WARNING if problem else logging.INFO
            LOG.log(level, "store=%s %s", self.store.url, problem or "reachable")
        if problem is None:
            self.live.stale_since = None
        elif self.live.stale_since is None:
            self.live.stale_since = self.cache.store_seen_at() or datetime.now(UTC)
        self.live.store_problem = problem
        if problem is None or any(trail.champion.wanted for trail in self._trails.values()):
            self.live.settled.set()
