"""From CSV cells to the values JSON would have: one cleaning for both ways of writing a row."""

from collections.abc import Iterable, Mapping, Sequence

from headgate.contract.columns import Column, ImageColumn
from headgate.contract.parsing import MISSING_MARKERS, parser_of
from headgate.contract.wording import WrongValueError


def values_of_cells(
    columns: Iterable[Column], cells: Mapping[str, Sequence[str]]
) -> dict[str, list[object]]:
    """Return whole columns of cells as values, None where a cell means missing.

    A cell that cannot be read as its column's type stays as it is, and so does what is no column:
    the contract refuses both by name.
    """
    known = {column.name: column for column in columns}
    return {
        name: _values(known[name], column) if name in known else list(column)
        for name, column in cells.items()
    }


def _values(column: Column, cells: Sequence[str]) -> list[object]:
    if isinstance(column, ImageColumn):
        # Looking into a picture once is enough, and the contract does.
        stripped = (cell.strip() for cell in cells)
        return [None if cell in MISSING_MARKERS else cell for cell in stripped]
    parse = parser_of(column, textual=True)

    def value(cell: str) -> object:
        try:
            return parse(cell)
        except WrongValueError:
            return cell

    return [value(cell) for cell in cells]
