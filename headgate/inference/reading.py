"""Read ranges of rows; going on where the last range stopped costs nothing."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from headgate.errors import UsageError
from headgate.inference.input_files import is_parquet
from headgate.inference.tables import Batches, plain_values, read_batches


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as columns; ``textual`` says that the values are CSV cells."""

    columns: dict[str, list[object]]
    n_rows: int
    textual: bool


class RowReader:
    """Reads rows [start, stop) of files; for one thread. Keeps the file open between ranges."""

    def __init__(self) -> None:
        self._place: tuple[str, int, frozenset[str]] | None = None
        self._batches: Batches | None = None
        self._left: deque[Any] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._batches is not None:
            self._batches.close()
        self._batches, self._place = None, None
        self._left.clear()

    def read(self, uri: str, start: int, stop: int, wanted: Collection[str]) -> Rows:
        """Return the wanted columns, as far as the file has them, of a range of rows.

        Raises:
            UsageError: if the file cannot be read, or has become shorter.
        """
        columns = frozenset(wanted)
        if self._place != (uri, start, columns):
            self.close()
            self._batches = read_batches(uri, start, columns)
        taken = self._take(uri, start, stop)
        self._place = (uri, stop, columns)
        return Rows(_joined(taken, columns), stop - start, textual=not is_parquet(uri))

    def _take(self, uri: str, start: int, stop: int) -> list[Any]:
        taken, missing = [], stop - start
        while missing:
            batch = self._next()
            if batch is None:
                self.close()
                raise UsageError(
                    f"{uri} has become shorter: row {stop - missing} was counted but is not there. "
                    "Restore the file, or ask for it anew under another run_id."
                )
            taken.append(batch.slice(0, missing))
            if batch.num_rows > missing:
                self._left.append(batch.slice(missing))
            missing -= taken[-1].num_rows
        return taken

    def _next(self) -> Any:
        if self._left:
            return self._left.popleft()
        return next(self._batches, None) if self._batches is not None else None


def _joined(batches: list[Any], wanted: frozenset[str]) -> dict[str, list[object]]:
    names = [name for name in batches[0].schema.names if name in wanted] if batches else []
    columns: dict[str, list[object]] = {name: [] for name in names}
    for batch in batches:
        for name in names:
            columns[name] += plain_values(batch.column(name))
    return columns
