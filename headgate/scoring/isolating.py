"""Find the few rows that a model fails on, so that they do not take their batch with them."""

from collections.abc import Callable, Mapping, Sequence

from headgate.contract import Cleaned
from headgate.errors import FieldError
from headgate.scoring.answers import ScoringError

Ask = Callable[[Mapping[str, Sequence[object]], int], object]

MAX_ASKS = 256
"""So many calls look for failing rows; a model that fails on more of them fails as a whole."""

PROBLEM = FieldError("", "the model failed on this row; nothing was answered for it")


def without_failing(cleaned: Cleaned, ask: Ask) -> Cleaned:
    """Return the cleaned rows with those refused that ``ask`` fails on when asked alone.

    Raises:
        ScoringError: if it fails on every row, or on too many to look for.
    """
    n_rows = len(cleaned.accepted)
    try:
        if n_rows:
            ask(cleaned.values, n_rows)
    except ScoringError as err:
        failing = _Search(cleaned, ask, err).failing(0, n_rows)
        if len(failing) == n_rows:
            raise
        return _refused(cleaned, frozenset(failing))
    return cleaned


class _Search:
    """Halves a failing batch until single rows are left."""

    def __init__(self, cleaned: Cleaned, ask: Ask, error: ScoringError) -> None:
        self._cleaned = cleaned
        self._ask = ask
        self._error = error
        self._n_asked = 0

    def failing(self, start: int, stop: int) -> list[int]:
        """Return the failing rows of a slice that is known to fail as a whole."""
        if stop - start == 1:
            return [start]
        middle = (start + stop) // 2
        halves = ((start, middle), (middle, stop))
        return [row for half in halves if self._fails(*half) for row in self.failing(*half)]

    def _fails(self, start: int, stop: int) -> bool:
        self._n_asked += 1
        if self._n_asked > MAX_ASKS:
            raise self._error
        values = {name: column[start:stop] for name, column in self._cleaned.values.items()}
        try:
            self._ask(values, stop - start)
        except ScoringError:
            return True
        return False


def _refused(cleaned: Cleaned, failing: frozenset[int]) -> Cleaned:
    kept = [i for i in range(len(cleaned.accepted)) if i not in failing]
    errors = {cleaned.accepted[i]: (PROBLEM,) for i in failing}
    return Cleaned(
        values={name: [column[i] for i in kept] for name, column in cleaned.values.items()},
        accepted=[cleaned.accepted[i] for i in kept],
        errors={**cleaned.errors, **errors},
        flags={at: flags for at, flags in cleaned.flags.items() if at not in errors},
    )
