"""Go through many rows in parts: ask scikit-learn, then every contender."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from headgate.contract import Cleaned
from headgate.documents.proof import Source
from headgate.proving.asking import Asker
from headgate.proving.compare import Compared
from headgate.proving.contenders import Contender, check_rows
from headgate.proving.rows import Rows
from headgate.scoring.rows import RowScorer

LOG = logging.getLogger(__name__)

PART = 2048
N_SAMPLE = 1000
MAX_SECONDS = 180.0
TELL_SECONDS = 5.0


@dataclass(slots=True)
class Comparison:
    """Contenders beside scikit-learn, over all rows so far.

    ``n_compared`` counts rows by source that scikit-learn answered or is known to fail on, and
    ``n_unclear`` those of which it is not known which it fails on. ``sample`` are some clean rows
    that it answers, and ``late`` says that the time was up before the end.
    """

    reference: RowScorer
    contenders: Sequence[Contender]
    max_seconds: float = MAX_SECONDS
    n_compared: Counter[str] = field(default_factory=Counter)
    n_refused: int = 0
    n_unclear: Counter[str] = field(default_factory=Counter)
    late: bool = False
    sample: Cleaned | None = None
    _asker: Asker = field(init=False)
    _until: float = field(init=False)
    _tell_at: float = field(init=False)

    def __post_init__(self) -> None:
        now = time.monotonic()
        self._asker = Asker(self.reference)
        self._until, self._tell_at = now + self.max_seconds, now + TELL_SECONDS

    def compare(self, rows: Rows, source: Source, first: int = 0) -> None:
        """Compare on rows whose positions count from ``first``, until the time is up.

        Only rows that the contract accepts are asked for.
        """
        for start in range(0, rows.n_rows, PART):
            if time.monotonic() > self._until:
                self.late = True
                return
            stop = min(start + PART, rows.n_rows)
            part = {name: column[start:stop] for name, column in rows.values.items()}
            cleaned = self.reference.contract.clean_columns(part, stop - start)
            at = [start + i for i in cleaned.accepted]
            self._ask(
                cleaned, Compared(source, [first + i for i in at], [rows.kinds[i] for i in at])
            )

    def _ask(self, cleaned: Cleaned, rows: Compared) -> None:
        n_rows = len(rows.positions)
        if not n_rows:
            return
        expected = self._asker.ask(cleaned.values, n_rows)
        if self.sample is None and expected.answered:
            self.sample = _taken(cleaned, expected.answered[:N_SAMPLE])
        n_known = len(expected.answered) + len(expected.refused)
        self.n_compared[rows.source] += n_known
        self.n_refused += len(expected.refused)
        self.n_unclear[rows.source] += n_rows - n_known
        for one in self.contenders:
            if not one.failed:
                check_rows(one, rows, cleaned.values, expected)
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now > self._tell_at:
            self._tell_at = now + TELL_SECONDS
            done = sum(self.n_compared.values())
            LOG.info("model=%s proving: %d rows compared so far", self.reference.model, done)


def _taken(cleaned: Cleaned, at: Sequence[int]) -> Cleaned:
    values = {name: [column[i] for i in at] for name, column in cleaned.values.items()}
    return Cleaned(values, list(range(len(at))), {}, {})
