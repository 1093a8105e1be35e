"""Rows to fit on and, many more, to compare on: missing, unseen, at and beside every value."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.documents.version import InputForm

N_FITTED, N_COMPARED = 200, 2000
NUMBERS = ("small", "large", "skewed", "count")
GAPS = ("gap", "holes")
WORDS = ("city", "size", "colour")
FLAG = "flag"

Values = dict[str, list[object]]

_NUMBERS = (
    NumberColumn(name="small"),
    NumberColumn(name="large"),
    NumberColumn(name="skewed"),
    IntegerColumn(name="count"),
)
_GAPS = (NumberColumn(name="gap", nullable=True), NumberColumn(name="holes", nullable=True))
_WORDS = (
    CategoryColumn(name="city", categories=("Bern", "Köln", "O'Fallon", "Paris"), policy="flag"),
    CategoryColumn(name="size", categories=("L", "M", "S"), nullable=True, policy="flag"),
    CategoryColumn(name="colour", categories=tuple(f"c{i}" for i in range(9)), policy="flag"),
    BooleanColumn(name="flag"),
)
_TEXT = (TextColumn(name="remark", nullable=True),)
CONTRACTS = {
    "numbers": Contract(columns=_NUMBERS),
    "gaps": Contract(columns=(*_NUMBERS, *_GAPS)),
    "mixed": Contract(columns=(*_NUMBERS, *_GAPS, *_WORDS)),
    "text": Contract(columns=_TEXT),
}
PHRASES = (
    "good", "bad", "It's good", "isn't", "naïve café", "Übermäßig", "don't can't won't", "a I",
    "0.5 stars", "x_y", "日本語 good", "good  bad\tgood", "ﬁne", "ÉCOLE", "İstanbul", "", "   ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Material:
    """One kind of data: what is fitted, its targets, and what is compared."""

    contract: Contract
    input_form: InputForm
    fitted: Values
    compared: Values

    def targets(self, kind: str) -> Sequence[object]:
        return _targets(self.fitted, kind)


@cache
def material(kind: str) -> Material:
    """Return the data of one kind: numbers, gaps, mixed or text."""
    draw = np.random.default_rng(11)
    contract = CONTRACTS[kind]
    fitted = {c.name: _values(draw, c.name, N_FITTED, fitted=True) for c in contract.columns}
    compared = {c.name: _beside(draw, c.name, fitted[c.name], N_COMPARED) for c in contract.columns}
    return Material(contract, "frame", fitted, compared)


def _values(draw: np.random.Generator, name: str, n: int, *, fitted: bool) -> list[object]:
    if name in WORDS:
        column = next(c for c in _WORDS if c.name == name)
        known = [*column.categories] if isinstance(column, CategoryColumn) else []
        known += [] if fitted else ["unseen", ""]
        return _with_gaps(draw, [known[i] for i in draw.integers(0, len(known), n)], name)
    if name == FLAG:
        return [bool(one) for one in draw.integers(0, 2, n)]
    if name == "remark":
        return [_remark(draw) for _ in range(n)]
    if name == "count":
        return [int(one) for one in draw.integers(0, 30, n)]
    numbers = {
        "small": draw.normal(0, 1e-3, n),
        "large": draw.normal(5e5, 1e5, n),
        "skewed": draw.lognormal(0, 2, n),
    }.get(name, draw.normal(10, 3, n))
    return _with_gaps(draw, numbers.tolist(), name)


def _with_gaps(draw: np.random.Generator, values: list[object], name: str) -> list[object]:
    if name not in (*GAPS, "size"):
        return values
    return [None if draw.random() < 0.15 else value for value in values]


def _remark(draw: np.random.Generator) -> str:
    return " ".join(PHRASES[i] for i in draw.integers(0, len(PHRASES), draw.integers(0, 9)))


def _beside(draw: np.random.Generator, name: str, seen: list[object], n: int) -> list[object]:
    """Return new values; for numbers also those seen, between two seen, and an ulp beside."""
    fresh = _values(draw, name, n, fitted=False)
    if name in (*WORDS, FLAG, "remark"):
        return fresh
    known = np.unique([one for one in seen if isinstance(one, int | float)])
    if name == "count":
        return [int(one) for one in draw.integers(-5, 40, n)]
    middle = (known[:-1] + known[1:]) / 2
    near = np.concatenate([known, middle, middle.astype(np.float32).astype(np.float64)])
    near = np.concatenate([near, np.nextafter(near, np.inf), np.nextafter(near, -np.inf)])
    near = np.append(near, [0.0, known[0] * 3, known[-1] * 3])
    if name == "skewed":
        near = np.abs(near) + 1e-12
    placed = draw.permutation(near)[: n // 2].tolist()
    return [*placed, *fresh[len(placed) :]]


def _targets(values: Values, kind: str) -> Sequence[object]:
    draw = np.random.default_rng(5)
    if "remark" in values:
        score = np.array(
            [str(one).count("good") - str(one).count("bad") for one in values["remark"]]
        )
        score = score + draw.normal(0, 0.3, N_FITTED)
    else:
        skewed, large = np.array(values["skewed"], float), np.array(values["large"], float)
        score = np.log(skewed) + (large - 5e5) / 1e5 + draw.normal(0, 0.4, N_FITTED)
    if kind == "number":
        return [float(one) for one in score]
    if kind == "positive":
        return [float(one) for one in np.exp(score / 3)]
    if kind == "two":
        return ["yes" if one > np.median(score) else "no" for one in score]
    return [
        ("low", "middle", "high")[i] for i in np.digitize(score, np.quantile(score, [0.3, 0.7]))
    ]
