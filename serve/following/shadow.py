"""A version that is tried on live rows and answers nobody.

The hot path only leaves rows in a bounded line: it never waits, wakes nobody and cannot fail by
it. A thread of its own scores them within a time budget, so rows are dropped where they come faster
than that, and counted.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from headgate.scoring.answers import Scored
from headgate.scoring.estimators import ClassValue
from headgate.scoring.rows import RowScorer

LOG = logging.getLogger(__name__)
BUDGET = 0.1
"""The part of one processor's time that a shadow may take."""
LOOK_SECONDS = 0.05
MOST_BATCHES = 64
MOST_ROWS = 64
"""Rows that are scored of one batch: while numeric code holds the interpreter, answers wait."""

Columns = Mapping[str, Sequence[object]]
Prediction = ClassValue | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the offered rows, in this process.

    ``n_agreed`` of the ``n_scored`` rows got an equal prediction; ``abs_difference`` is the sum of
    the differences between numbers. ``n_refused`` rows were refused by the shadow alone.
    """

    n_scored: int = 0
    n_agreed: int = 0
    n_refused: int = 0
    n_failed: int = 0
    n_dropped: int = 0
    abs_difference: float = 0.0

    @property
    def by_result(self) -> dict[str, int]:
        """Rows by what came of them."""
        return {
            "agreed": self.n_agreed,
            "disagreed": self.n_scored - self.n_agreed,
            "refused": self.n_refused,
            "failed": self.n_failed,
            "dropped": self.n_dropped,
        }

    def plus(self, more: "Tally") -> "Tally":
        return Tally(
            self.n_scored + more.n_scored,
            self.n_agreed + more.n_agreed,
            self.n_refused + more.n_refused,
            self.n_failed + more.n_failed,
            self.n_dropped + more.n_dropped,
            self.abs_difference + more.abs_difference,
        )


@dataclass(frozen=True, slots=True)
class Offered:
    """Rows and what the live version predicted for those that it accepted."""

    columns: Columns
    n_rows: int
    accepted: Sequence[int]
    predictions: Sequence[Prediction]


Record = Callable[[str, str, Tally], None]
"""Takes what a shadow counted now, by its model and version."""


class Shadow:
    """Compares one version with the live one, ``against`` it; off the event loop.

    What it counts is told to ``record`` too, which must return at once.
    """

    def __init__(self, scorer: RowScorer, against: str, record: Record | None = None) -> None:
        self.against = against
        self._record = record
        self._scorer = scorer
        self._line: deque[Offered] = deque()
        self._lock = threading.Lock()
        self._tally = Tally()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)

    @property
    def version(self) -> str:
        return self._scorer.version

    @property
    def tally(self) -> Tally:
        with self._lock:
            return self._tally

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Score no more; what is still offered is dropped."""
        self._stopping.set()

    def offer(self, columns: Columns, n_rows: int, scored: Scored) -> None:
        """Leave rows that the live version has just scored; takes microseconds, never raises.

        Neither argument may be changed afterwards.
        """
        if len(self._line) >= MOST_BATCHES or self._stopping.is_set():
            self._count(Tally(n_dropped=n_rows))
            return
        self._line.append(Offered(columns, n_rows, scored.accepted, scored.predictions))

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.perf_counter()
            if self._line:
                self._try(self._line.popleft())
            spent = time.perf_counter() - started
            pause = spent * (1 / BUDGET - 1) if self._line else LOOK_SECONDS
            self._stopping.wait(pause)

    def _try(self, offered: Offered) -> None:
        n_rows = min(offered.n_rows, MOST_ROWS)
        columns = {name: values[:n_rows] for name, values in offered.columns.items()}
        try:
            found = self._scorer.score_columns(columns, n_rows, isolate=True)
            tally = compared(offered, found)
            self._count(replace(tally, n_dropped=offered.n_rows - n_rows))
        except Exception as err:  # noqa: BLE001 - counted, and it answers nobody
            # A shadow that is broken in whatever way must not take the server's thread with it.
            if self.tally.n_failed == 0:
                LOG.warning("shadow %s failed (%s)", self.version, type(err).__name__)
            self._count(Tally(n_failed=offered.n_rows))

    def _count(self, more: Tally) -> None:
        with self._lock:
            self._tally = self._tally.plus(more)
        if self._record is not None:
            self._record(self._scorer.model, self._scorer.version, more)


def compared(offered: Offered, found: Scored) -> Tally:
    """Count the rows that both versions accepted, and where they predict the same."""
    theirs = dict(zip(found.accepted, found.predictions, strict=True))
    tally = Tally()
    for row, mine in zip(offered.accepted, offered.predictions, strict=True):
        if row >= found.n_rows:
            break
        if row not in theirs:
            tally = replace(tally, n_refused=tally.n_refused + 1)
            continue
        tally = replace(
            tally,
            n_scored=tally.n_scored + 1,
            n_agreed=tally.n_agreed + (mine == theirs[row]),
            abs_difference=tally.abs_difference + _difference(mine, theirs[row]),
        )
    return tally


def _difference(mine: Prediction, other: Prediction) -> float:
    if isinstance(mine, float) and isinstance(other, float):
        return abs(mine - other)
    return 0.0
