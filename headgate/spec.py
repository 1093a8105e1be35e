"""What a user declares about a model, in ``models/<name>.py``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from headgate.contract.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.wording import did_you_mean
from headgate.documents.base import Frozen, canonical_json, sha256_of
from headgate.documents.rules import GateRules, Metrics, Rules, Split, Task
from headgate.errors import UsageError
from headgate.names import check_model_name
from headgate.schedules import Schedule

if TYPE_CHECKING:
    from pandas import DataFrame
else:
    # Pydantic resolves annotations at run time; the serving process must not load pandas for it.
    DataFrame = object

__all__ = ["DEFAULT_METRICS", "Estimator", "ModelSpec", "Schedule", "Snapshot"]

Snapshot = Literal["always", "under_1gb", "never"]
DEFAULT_METRICS: dict[Task, Metrics] = {
    "classification": Metrics(primary="accuracy"),
    "regression": Metrics(primary="r2"),
}


class Estimator(Protocol):
    """Anything with scikit-learn's fit and predict."""

    def fit(self, X: Any, y: Any) -> Any: ...

    def predict(self, X: Any) -> Any: ...


class ModelSpec(Frozen):
    """One model: where its rows come from, how it is fitted, what it must keep.

    ``source`` is a function that returns the rows or a URI of them; ``estimator`` is called as
    ``estimator(seed, **params)`` and holds all preprocessing. Columns that ``features`` does not
    declare are inferred from the training rows, except those in ``exclude``.
    """

    name: str
    task: Task
    target: str = Field(min_length=1)
    source: Callable[..., DataFrame] | str
    estimator: Callable[..., Estimator]
    features: tuple[Column, ...] = ()
    exclude: tuple[str, ...] = ()
    split: Split = Split()
    metrics: Metrics | None = None
    gate: GateRules = GateRules()
    threshold: float | None = Field(default=None, gt=0, lt=1)
    confidence_threshold: float | None = Field(default=None, gt=0, le=1)
    abstain: bool = False
    snapshot: Snapshot = "under_1gb"
    schedule: Schedule | None = None
    owner: str = ""
    purpose: str = ""
    tags: dict[str, str] = {}
    seed: int = 0

    @model_validator(mode="wrap")
    @classmethod
    def _say_all_problems(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as err:
            name = data.get("name") if isinstance(data, dict) else None
            problems = "; ".join(spec_problems(err, cls.__name__))
            raise UsageError(f"Model spec {str(name)[:80]!r} cannot be used: {problems}.") from None

    @field_validator("name")
    @classmethod
    def _name_is_sound(cls, name: str) -> str:
        try:
            return check_model_name(name)
        except UsageError as err:
            raise ValueError(str(err).rstrip(".")) from None

    @field_validator("features")
    @classmethod
    def _features_are_distinct(
        cls, features: tuple[Column, ...], info: ValidationInfo
    ) -> tuple[Column, ...]:
        names = [column.name for column in features]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"declared twice: {', '.join(map(repr, twice))}")
        if info.data.get("target") in names:
            raise ValueError(f"the target {info.data['target']!r} cannot be a feature")
        return features

    @field_validator("exclude")
    @classmethod
    def _excluded_is_no_feature(
        cls, exclude: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        declared = {column.name for column in info.data.get("features", ())}
        both = sorted(declared & set(exclude))
        if both:
            raise ValueError(f"also declared as features: {', '.join(map(repr, both))}")
        return exclude

    @field_validator("threshold")
    @classmethod
    def _threshold_needs_classes(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("task") == "regression":
            raise ValueError("only a classification has a threshold")
        return value

    @field_validator("confidence_threshold")
    @classmethod
    def _confidence_needs_classes(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("task") == "regression":
            raise ValueError("only a classification has a confidence")
        return value

    @field_validator("abstain")
    @classmethod
    def _abstaining_needs_a_threshold(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("confidence_threshold", 0) is None:
            raise ValueError("needs a confidence_threshold below which to abstain")
        return value

    def rules(self) -> Rules:
        """Return what decides answers and judgements, with the defaults filled in."""
        return Rules(
            task=self.task,
            target=self.target,
            metrics=self.metrics or DEFAULT_METRICS[self.task],
            split=self.split,
            gate=self.gate,
            threshold=self.threshold,
            confidence_threshold=self.confidence_threshold,
            abstain=self.abstain,
        )

    def not_features(self) -> tuple[str, ...]:
        """Return the columns of the data that are never inferred as features.

        A column that is declared is a feature, even if the split uses it.
        """
        split = self.split
        used = (self.target, *self.exclude, *split.key, split.group, split.time)
        declared = {column.name for column in self.features}
        return tuple(dict.fromkeys(name for name in used if name and name not in declared))

    def sha256(self) -> str:
        """Return the digest of all that is declared; functions are covered by the code digest."""
        functions = {name for name in ("source", "estimator") if callable(getattr(self, name))}
        return sha256_of(canonical_json(self.model_dump(mode="json", exclude=functions)))


DECLARED: dict[str, type[Frozen]] = {
    declared.__name__: declared
    for declared in (
        *(ModelSpec, Split, Metrics, GateRules, Schedule),
        *(NumberColumn, IntegerColumn, CategoryColumn, BooleanColumn, TextColumn, ImageColumn),
    )
}
NESTED: dict[str, type[Frozen]] = {
    "split": Split,
    "metrics": Metrics,
    "gate": GateRules,
    "schedule": Schedule,
}


def spec_problems(err: ValidationError, kind: str = "") -> list[str]:
    """Return one phrase for each problem; an unknown key names the nearest and all allowed keys.

    ``kind`` is the class that was made, if the error does not know it.
    """
    kind = kind or err.title
    problems = []
    for e in err.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in e["loc"])
        model = _model_at(kind, e["loc"])
        if e["type"] != "extra_forbidden" or model is None:
            problems.append(f"{where or kind}: {e['msg'].removeprefix('Value error, ')}")
            continue
        near = did_you_mean(str(e["loc"][-1]), model.model_fields)
        allowed = ", ".join(model.model_fields)
        problems.append(f"{where!r} is not a key of {model.__name__}{near} (it has: {allowed})")
    return problems


def _model_at(title: str, loc: tuple[int | str, ...]) -> type[Frozen] | None:
    if len(loc) == 1:
        return DECLARED.get(title)
    return NESTED.get(str(loc[0])) if title == "ModelSpec" and len(loc) == 2 else None
