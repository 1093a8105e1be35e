"""What a plan is built with: steps and arrays are added, values are described by `Value`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import get_tags

from headgate.compiled.archive import Array
from headgate.compiled.steps import (
    AnyStep,
    Densify,
    Finite,
    Graph,
    Largest,
    Numbers,
    Select,
    SideBySide,
)
from headgate.compiling.converting import NoGraphError, graph_of
from headgate.contract.columns import BooleanColumn, Column, IntegerColumn, NumberColumn
from headgate.errors import HeadgateError

# Where estimators keep others, which look at what they get themselves.
PARTS = ("steps", "estimators_", "estimator", "best_estimator_", "calibrated_classifiers_")
MAX_DENSE_WIDTH = 20_000


class NoPlanError(HeadgateError):
    """An estimator, or the way it is set, that plans do not know."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a step makes: (n, width)."""

    step: int
    width: int
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column of the contract as the estimator gets it; ``fill`` replaces a missing value."""

    column: Column
    fill: str | float | None = None

    @property
    def is_number(self) -> bool:
        kinds = NumberColumn | IntegerColumn | BooleanColumn
        return self.fill is None and isinstance(self.column, kinds)


@dataclass(frozen=True, slots=True)
class Raw:
    """Columns no step has read yet; ``framed`` while they still have their names."""

    columns: tuple[RawColumn, ...]
    framed: bool = True

    @property
    def width(self) -> int:
        return len(self.columns)

    @property
    def all_numbers(self) -> bool:
        return all(column.is_number for column in self.columns)


Value = Node | Raw


@dataclass(frozen=True, slots=True)
class Classified:
    """What a classifier answers.

    ``classes`` is the position of the class, (n, 1), ``probabilities`` (n, classes), ``scores``
    what its ``decision_function`` gives: (n, 1) for two classes, else as wide as that.
    """

    classes: Node
    probabilities: Node | None = None
    scores: Node | None = None


Transformer = Callable[["Builder", Any, Value], Value]
Classifier = Callable[["Builder", Any, Value], Classified]
Regressor = Callable[["Builder", Any, Value], Node]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which function builds which estimator, by its exact class."""

    transformers: dict[type, Transformer]
    classifiers: dict[type, Classifier]
    regressors: dict[type, Regressor]


class Builder:
    """Collects steps and arrays. Equal estimators give equal plans: names are counted."""

    def __init__(self, rules: Rules) -> None:
        self.steps: list[AnyStep] = []
        self.arrays: dict[str, Array] = {}
        # Set where several answer together.
        self.watchful = False
        self._rules = rules

    def transform(self, transformer: Any, X: Value) -> Value:
        """Add the steps of a fitted transformer.

        Raises:
            NoPlanError: if there is no plan for it.
        """
        rule = self._rules.transformers.get(type(transformer))
        if rule is not None:
            return rule(self, transformer, X)
        return self.convert(transformer, X, "transform")

    def classify(self, classifier: Any, X: Value) -> Classified:
        """Add the steps of a fitted classifier, or raise as `transform` does."""
        rule = self._rules.classifiers.get(type(classifier))
        if rule is not None:
            return rule(self, classifier, self._watched(classifier, X))
        shares = self.convert(classifier, X, "predict_proba")
        return Classified(self.add(Largest(inputs=(shares.step,)), 1), shares)

    def regress(self, regressor: Any, X: Value) -> Node:
        """Add the steps of a fitted regressor, (n, 1), or raise as `transform` does."""
        rule = self._rules.regressors.get(type(regressor))
        if rule is not None:
            return rule(self, regressor, self._watched(regressor, X))
        return self.convert(regressor, X, "predict")

    def _watched(self, model: Any, X: Value) -> Value:
        """Refuse what a member of several would refuse: its vote would not show it."""
        made_of_others = any(hasattr(model, name) for name in PARTS)
        if not self.watchful or made_of_others or (isinstance(X, Node) and X.sparse):
            return X
        return self.checked(model, X)

    def convert(self, estimator: Any, X: Value, answer: str) -> Node:
        """Let onnxruntime do what plans have no rule for; ``answer`` is the method to stand for.

        Raises:
            NoPlanError: if the converter does not know it either.
        """
        name = type(estimator).__name__
        if not hasattr(estimator, answer):
            raise NoPlanError(f"{name} is not known to plans, and has no {answer}")
        node = self.checked(estimator, X)
        try:
            graph, width, single = graph_of(estimator, node.width, answer)
        except NoGraphError as err:
            raise NoPlanError(f"{name} is not known to plans, and to ONNX neither ({err})") from err
        stored = self.store(np.frombuffer(graph, dtype=np.uint8), np.uint8)
        return self.add(Graph(inputs=(node.step,), graph=stored, single=single), width)

    def add(self, step: AnyStep, width: int, *, sparse: bool = False) -> Node:
        """Append a step and return what it makes."""
        self.steps.append(step)
        return Node(len(self.steps) - 1, width, sparse)

    def store(self, values: Any, dtype: Any = np.float64) -> str:
        """Keep an array and return its name."""
        name = f"a{len(self.arrays):04d}"
        self.arrays[name] = np.ascontiguousarray(values, dtype=dtype)
        return name

    def numbers(self, X: Value) -> Node:
        """Return a value as numbers, full or sparse."""
        if isinstance(X, Node):
            return X
        if not X.all_numbers:
            names = [one.column.name for one in X.columns if not one.is_number]
            raise NoPlanError(f"column {names[0]!r} is no number here")
        return self.add(Numbers(columns=tuple(one.column.name for one in X.columns)), X.width)

    def dense(self, X: Value) -> Node:
        """Return a value as a full matrix."""
        node = self.numbers(X)
        if not node.sparse:
            return node
        if node.width > MAX_DENSE_WIDTH:
            raise NoPlanError(f"{node.width} columns are too many for a full matrix")
        return self.add(Densify(inputs=(node.step,)), node.width)

    def checked(self, model: Any, X: Value) -> Node:
        """Return a full matrix that is refused where the estimator would refuse it."""
        node = self.dense(X)
        if get_tags(model).input_tags.allow_nan:
            return node
        return self.add(Finite(inputs=(node.step,)), node.width)

    def select(self, X: Value, columns: Sequence[int]) -> Value:
        """Return some columns by position."""
        if isinstance(X, Raw):
            return replace(X, columns=tuple(X.columns[i] for i in columns))
        if list(columns) == list(range(X.width)):
            return X
        step = Select(inputs=(X.step,), columns=self.store(columns, np.int64))
        return self.add(step, len(columns), sparse=X.sparse)

    def beside(self, parts: Sequence[Value]) -> Value:
        """Return values side by side; columns nobody has read stay so if all are."""
        raw = [part for part in parts if isinstance(part, Raw)]
        if len(raw) == len(parts) > 0:
            columns = tuple(column for part in raw for column in part.columns)
            return Raw(columns, framed=False)
        nodes = [self.numbers(part) for part in parts]
        if len(nodes) == 1:
            return nodes[0]
        step = SideBySide(inputs=tuple(node.step for node in nodes))
        sparse = any(node.sparse for node in nodes)
        return self.add(step, sum(node.width for node in nodes), sparse=sparse)


def refuse(estimator: object, what: str) -> NoPlanError:
    """Return the error for a setting that plans do not know."""
    return NoPlanError(f"{type(estimator).__name__} with {what} is not known to plans")


def is_nan(value: object) -> bool:
    """Say whether a value is a number that is none."""
    return isinstance(value, float) and math.isnan(value)
