"""From a frame to clean rows on two sides, with the reasons for every row left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from headgate.contract import Contract, TextColumn
from headgate.contract.columns import Column
from headgate.contract.inference import infer_columns
from headgate.contract.wording import did_you_mean
from headgate.data.holdout import Holdout, fingerprints
from headgate.data.sources import Frame
from headgate.data.splitting import assign_holdout
from headgate.documents.rules import Rules
from headgate.errors import HeadgateError, UsageError
from headgate.scoring.estimators import ClassValue
from headgate.spec import ModelSpec
from headgate.training.rows import Quarantined, Reason, Rows, clean_rows, count_reasons

MAX_QUARANTINED_SHARE = 0.5
MAX_REASONS = 5

Columns = Mapping[str, Sequence[object]]


class PreparationError(HeadgateError):
    """The data leave nothing to train or to judge on."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared about the columns: ``exclude`` are no features unless declared so."""

    rules: Rules
    features: tuple[Column, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: ModelSpec) -> "Declared":
        return cls(spec.rules(), spec.features, spec.not_features())


@dataclass(frozen=True, slots=True)
class Prepared:
    """Clean rows and targets; ``is_train`` and ``is_holdout`` say their sides.

    ``original`` are the same rows as a caller would send them, before imputing and clipping.
    ``quarantined`` are the rows left out, by their number in the data.
    """

    contract: Contract
    values: dict[str, list[object]]
    original: dict[str, list[object]]
    targets: list[ClassValue]
    is_train: NDArray[np.bool_]
    is_holdout: NDArray[np.bool_]
    quarantined: Quarantined
    n_rows_in: int

    @property
    def holdout(self) -> Holdout:
        return Holdout(self.original, self.targets).take(_positions(self.is_holdout))

    @property
    def training_rows(self) -> Holdout:
        return Holdout(self.original, self.targets).take(_positions(self.is_train))

    def clean(self, side: NDArray[np.bool_]) -> Holdout:
        """Return one side's rows as the estimator is to see them."""
        return Holdout(self.values, self.targets).take(_positions(side))

    def reasons(self) -> tuple[Reason, ...]:
        """Return why rows were left out, the most frequent reason first."""
        return count_reasons(self.quarantined)


def prepare(
    frame: Frame,
    declared: Declared,
    holdout: Frame | None = None,
    contract: Contract | None = None,
) -> Prepared:
    """Clean rows by their contract, quarantine those it refuses, and split the rest.

    ``holdout`` is a frozen holdout: all of ``frame`` then trains, but for rows that are in it.
    Without a contract the one the rows imply is settled first.

    Raises:
        UsageError: if the columns are not those declared.
        PreparationError: if most rows are unusable, or a side is empty.
    """
    contract = contract or settle_contract(frame, declared)
    rows = clean_rows(frame, contract, declared.rules)
    _check_usable(rows, frame.uri)
    sides = assign_holdout(_deciding(rows, declared), rows.n_rows, declared.rules.split)
    prepared = _prepared(contract, rows, sides.train, sides.holdout)
    if holdout is not None:
        frozen = clean_rows(holdout, contract, declared.rules)
        _check_usable(frozen, holdout.uri)
        prepared = _with_frozen(prepared, rows, frozen, declared.rules.target)
    _check_sides(prepared, frame.uri)
    return prepared


def prepare_holdout(frame: Frame, declared: Declared) -> Prepared:
    """Clean rows of which all are the holdout, as for a model that was fitted elsewhere.

    Raises:
        UsageError: if the columns are not those declared.
        PreparationError: if most rows are unusable.
    """
    contract = settle_contract(frame, declared)
    rows = clean_rows(frame, contract, declared.rules)
    _check_usable(rows, frame.uri)
    every = np.ones(rows.n_rows, dtype=np.bool_)
    prepared = _prepared(contract, rows, ~every, every)
    _check_sides(prepared, frame.uri, trains=False)
    return prepared


def with_text(declared: Declared, frame: Frame) -> Declared:
    """Declare the only feature as text, for an estimator that takes text.

    Short texts that repeat would be taken for categories otherwise.
    """
    names = [str(label) for label in frame.frame.columns]
    apart = {declared.rules.target, *declared.exclude}
    features = [name for name in names if name not in apart]
    if len(features) != 1 or declared.features:
        return declared
    return replace(declared, features=(TextColumn(name=features[0]),))


def settle_contract(frame: Frame, declared: Declared) -> Contract:
    """Return the declared columns, completed and joined by those the frame has beside them."""
    target = declared.rules.target
    names = [str(label) for label in frame.frame.columns]
    if target not in names:
        raise UsageError(
            f"{frame.uri} has no target column {target!r}{did_you_mean(target, names)} (it has: "
            f"{', '.join(names[:20])})."
        )
    columns = infer_columns(
        frame.frame,
        exclude=tuple({target, *declared.exclude}),
        declared=declared.features,
        textual=frame.textual,
    )
    try:
        return Contract(columns=columns)
    except ValidationError as err:
        problems = "; ".join(e["msg"].removeprefix("Value error, ") for e in err.errors())
        raise UsageError(f"No contract can be made for {frame.uri}: {problems}.") from err


def _deciding(rows: Rows, declared: Declared) -> Columns:
    """Return the columns that decide a row's side: those the split names, else its content."""
    split = declared.rules.split
    named = [*split.key, *(name for name in (split.group, split.time) if name)]
    if named:
        return {name: rows.given[name] for name in named if name in rows.given}
    return {**rows.original, declared.rules.target: rows.targets}


def _prepared(
    contract: Contract, rows: Rows, train: NDArray[np.bool_], holdout: NDArray[np.bool_]
) -> Prepared:
    return Prepared(
        contract=contract,
        values=rows.values,
        original=rows.original,
        targets=rows.targets,
        is_train=train,
        is_holdout=holdout,
        quarantined=rows.quarantined,
        n_rows_in=rows.n_rows_in,
    )


def _with_frozen(prepared: Prepared, rows: Rows, frozen: Rows, target: str) -> Prepared:
    names = prepared.contract.names
    own = fingerprints(names, target, Holdout(rows.original, rows.targets))
    kept_back = fingerprints(names, target, Holdout(frozen.original, frozen.targets))
    train = ~np.isin(own, kept_back)
    nothing = np.zeros(frozen.n_rows, dtype=np.bool_)
    return Prepared(
        contract=prepared.contract,
        values=_joined(rows.values, frozen.values),
        original=_joined(rows.original, frozen.original),
        targets=[*rows.targets, *frozen.targets],
        is_train=np.concatenate([train, nothing]),
        is_holdout=np.concatenate([np.zeros(rows.n_rows, dtype=np.bool_), ~nothing]),
        quarantined=rows.quarantined,
        n_rows_in=prepared.n_rows_in,
    )


def _check_usable(rows: Rows, uri: str) -> None:
    n_bad = len(rows.quarantined)
    if n_bad > MAX_QUARANTINED_SHARE * rows.n_rows_in:
        raise PreparationError(
            f"{n_bad} of {rows.n_rows_in} rows of {uri} are not usable: "
            f"{_first_reasons(rows.quarantined)}. Correct the data, or the columns the spec "
            "declares."
        )


def _check_sides(prepared: Prepared, uri: str, *, trains: bool = True) -> None:
    n_train, n_holdout = int(prepared.is_train.sum()), int(prepared.is_holdout.sum())
    needed = [("training", n_train or not trains), ("holdout", n_holdout)]
    empty = [word for word, n in needed if not n]
    if empty:
        n_bad = len(prepared.quarantined)
        left_out = f", {n_bad} were left out: {_first_reasons(prepared.quarantined)}"
        raise PreparationError(
            f"{uri} gives {n_train} training rows and {n_holdout} holdout rows of "
            f"{prepared.n_rows_in}, so no {' and no '.join(empty)} rows{left_out if n_bad else ''}."
            " Give more rows, or another split."
        )


def _first_reasons(quarantined: Quarantined) -> str:
    first = count_reasons(quarantined)[:MAX_REASONS]
    return "; ".join(f"{r.column} {r.problem} ({r.n_rows} rows)" for r in first)


def _joined(one: Columns, other: Columns) -> dict[str, list[object]]:
    return {name: [*column, *other[name]] for name, column in one.items()}


def _positions(side: NDArray[np.bool_]) -> list[int]:
    return np.flatnonzero(side).tolist()
