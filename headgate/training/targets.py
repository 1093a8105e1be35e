"""The target column as Python values: classes as they were meant, or finite numbers."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from headgate.documents.rules import Task
from headgate.errors import UsageError
from headgate.scoring.estimators import ClassValue

INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
BOOLEANS = {"true": True, "false": False}
MISSING_TEXT = frozenset({"", "NA", "NaN"})


@dataclass(frozen=True, slots=True)
class Targets:
    """One value per row, None where there is a problem with it."""

    values: list[ClassValue | None]
    problems: dict[int, str]


def read_targets(given: Sequence[object], name: str, task: Task, *, textual: bool) -> Targets:
    """Read a target column; with ``textual`` its cells are CSV text.

    A CSV column of nothing but whole numbers is of integers, one of true and false of booleans.

    Raises:
        UsageError: if a classification's classes are of several types, or no classes at all.
    """
    if textual:
        given = [None if v in MISSING_TEXT else v for v in given]
    if task == "regression":
        return _numbers(given, textual=textual)
    present = [value for value in given if not _is_missing(value)]
    convert = _text_converter(present) if textual else _typed_converter(present, name)
    values = [None if _is_missing(value) else convert(value) for value in given]
    return Targets(values, {i: "is missing" for i, value in enumerate(values) if value is None})


def _numbers(given: Sequence[object], *, textual: bool) -> Targets:
    values: list[ClassValue | None] = []
    problems: dict[int, str] = {}
    for i, value in enumerate(given):
        number = None if _is_missing(value) else _number(value, textual=textual)
        values.append(number)
        if number is None:
            problems[i] = "is missing" if _is_missing(value) else "must be a finite number"
    return Targets(values, problems)


def _number(value: object, *, textual: bool) -> float | None:
    allowed = str if textual else int | float
    if isinstance(value, bool) or not isinstance(value, allowed):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


class _Converter:
    """How one column's values become classes."""

    def __init__(self, kind: type[ClassValue]) -> None:
        self.kind = kind

    def __call__(self, value: object) -> ClassValue:
        if self.kind is bool:
            return BOOLEANS[value.lower()] if isinstance(value, str) else bool(value)
        if self.kind is int:
            return int(value)  # type: ignore[call-overload,no-any-return]
        return str(value)


def _text_converter(present: Sequence[object]) -> _Converter:
    texts = [str(value) for value in present]
    if texts and all(INTEGER.fullmatch(text) for text in texts):
        return _Converter(int)
    if texts and all(text.lower() in BOOLEANS for text in texts):
        return _Converter(bool)
    return _Converter(str)


def _typed_converter(present: Sequence[object], name: str) -> _Converter:
    kinds = {_kind(value) for value in present}
    if len(kinds) <= 1 and None not in kinds:
        return _Converter(kinds.pop() if kinds else str)  # type: ignore[arg-type]
    found = ", ".join(sorted({type(value).__name__ for value in present}))
    raise UsageError(
        f"Target {name!r} of a classification holds values of type {found}. Classes are text, "
        "whole numbers or booleans, all of one type: convert it in source(), or declare a "
        "regression."
    )


def _kind(value: object) -> type[ClassValue] | None:
    if isinstance(value, bool):
        return bool
    # A column of integers with a gap in it comes as floats.
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int
    return str if isinstance(value, str) else None
