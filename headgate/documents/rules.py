"""The declared rules a version was made and is judged under; frozen into its manifest."""

from typing import Literal

from pydantic import Field

from headgate.documents.base import Frozen

Task = Literal["classification", "regression"]


class Split(Frozen):
    """Which rows are the holdout: a hash of the key decides, never position, seed or run.

    ``key`` and ``group`` name columns; without a key the row's content is its key. With ``time``
    the latest ``horizon`` of rows is the holdout and training ends ``gap`` before it starts.
    ``holdout_uri`` names a frozen holdout instead.
    """

    fraction: float = Field(default=0.2, gt=0, lt=1)
    key: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    gap_seconds: float = Field(default=0, ge=0)
    horizon_seconds: float | None = Field(default=None, gt=0)
    holdout_uri: str | None = None


class Metrics(Frozen):
    """The primary metric and the others, by scikit-learn's scorer name or a dotted path."""

    primary: str
    others: tuple[str, ...] = ()


class GateRules(Frozen):
    """Limits a challenger must keep.

    ``floor`` is the least value of the primary metric, ``floors`` of other metrics. ``max_drop``
    is the non-inferiority margin in the metric's own unit; None means 0.01 for scores bounded by
    one and 1 % of the champion's error for error metrics. ``max_p95_ratio`` limits the p95 of one
    prediction against the champion's; a difference below ``p95_slack_ms`` never counts.
    """

    floor: float | None = None
    floors: dict[str, float] = {}
    max_drop: float | None = Field(default=None, ge=0)
    max_p95_ratio: float = Field(default=1.10, ge=1)
    p95_slack_ms: float = Field(default=2.0, ge=0)
    min_rows: int = Field(default=20, ge=1)


class Rules(Frozen):
    """Everything about a model that decides answers and judgements.

    ``threshold`` is the probability of the second class above which a binary answer is that
    class; ``confidence_threshold`` flags answers below it as not confident, and with ``abstain``
    their prediction is null and flagged ``needs_review``.
    """

    task: Task
    target: str
    metrics: Metrics
    split: Split = Split()
    gate: GateRules = GateRules()
    threshold: float | None = Field(default=None, gt=0, lt=1)
    confidence_threshold: float | None = Field(default=None, gt=0, le=1)
    abstain: bool = False
