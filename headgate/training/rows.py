"""The usable rows of one frame, and the reasons for the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from headgate.contract import Contract
from headgate.contract.columns import Column
from headgate.contract.domains import policy_of
from headgate.contract.frames import named_series, plain_values
from headgate.data.sources import Frame
from headgate.documents.base import Frozen
from headgate.documents.rules import Rules
from headgate.errors import FieldError, UsageError
from headgate.scoring.estimators import ClassValue
from headgate.training.targets import read_targets

Columns = Mapping[str, Sequence[object]]
Quarantined = dict[int, tuple[FieldError, ...]]


class Reason(Frozen):
    """Why rows were left out, and how many; a row with several reasons counts in each."""

    column: str
    problem: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Usable rows of one frame; ``given`` are all its columns as they came.

    ``original`` are typed as in ``values``, but as a caller would send them: neither imputed nor
    clipped. ``quarantined`` are the rows left out, by their number in the frame.
    """

    values: dict[str, list[object]]
    original: dict[str, list[object]]
    targets: list[ClassValue]
    given: dict[str, list[object]]
    quarantined: Quarantined
    n_rows_in: int

    @property
    def n_rows(self) -> int:
        return len(self.targets)


def clean_rows(frame: Frame, contract: Contract, rules: Rules) -> Rows:
    """Clean a frame's rows, leaving out those the contract refuses or whose target is missing.

    Raises:
        UsageError: if there is no target column, or its values are no classes.
    """
    given = {name: plain_values(one, dates=True) for name, one in named_series(frame.frame).items()}
    if rules.target not in given:
        raise UsageError(f"{frame.uri} has no target column {rules.target!r}.")
    n_rows, textual = len(frame.frame), frame.textual
    targets = read_targets(given[rules.target], rules.target, rules.task, textual=textual)
    features = {name: given[name] for name in contract.names if name in given}
    cleaned = contract.clean_columns(features, n_rows, textual=textual)
    problems = {i: (FieldError(rules.target, text),) for i, text in targets.problems.items()}
    kept = [k for k, i in enumerate(cleaned.accepted) if i not in problems]
    positions = [cleaned.accepted[k] for k in kept]
    values = take(cleaned.values, kept)
    sent = take(features, positions)
    return Rows(
        values=values,
        original=_original(contract, sent, values, len(kept), textual=textual),
        targets=cast(list[ClassValue], [targets.values[i] for i in positions]),
        given=take(given, positions),
        quarantined={
            i: (*cleaned.errors.get(i, ()), *problems.get(i, ()))
            for i in sorted({*cleaned.errors, *problems})
        },
        n_rows_in=n_rows,
    )


def count_reasons(quarantined: Quarantined) -> tuple[Reason, ...]:
    """Return why rows were left out, the most frequent reason first."""
    counted = Counter(
        (error.field, without_value(error.problem))
        for errors in quarantined.values()
        for error in errors
    )
    return tuple(
        Reason(column=column, problem=problem, n_rows=count)
        for (column, problem), count in counted.most_common()
    )


def without_value(problem: str) -> str:
    """Cut what was found from a problem: it is a value of somebody's row.

    >>> without_value("must be a number, found the string 'x'")
    'must be a number'
    """
    return problem.partition(", found ")[0]


def take(columns: Columns, positions: Sequence[int]) -> dict[str, list[object]]:
    """Return some rows of columns, in the order given."""
    return {name: [column[i] for i in positions] for name, column in columns.items()}


def _original(
    contract: Contract,
    sent: Columns,
    values: dict[str, list[object]],
    n_rows: int,
    *,
    textual: bool,
) -> dict[str, list[object]]:
    """Return typed values as they were sent: a row's fingerprint must not follow the contract."""
    changing = {c.name for c in contract.columns if policy_of(c) in {"impute", "clip"}}
    if not changing:
        return values
    opened = tuple(_opened(c) if c.name in changing else c for c in contract.columns)
    cleaned = Contract(columns=opened).clean_columns(sent, n_rows, textual=textual)
    return {name: cleaned.values[name] for name in values}


def _opened(column: Column) -> Column:
    update: dict[str, object] = {"policy": "flag", "nullable": True, "impute": None}
    if column.type in {"number", "integer"}:
        update |= {"minimum": None, "maximum": None}
    return column.model_copy(update=update)
