"""What a report is about."""

from dataclasses import dataclass

from headgate.data.holdout import Holdout
from headgate.documents.proof import Proof
from headgate.scoring.answers import Scored
from headgate.scoring.estimators import ClassValue
from headgate.scoring.scorer import Scorer
from headgate.training.prepare import Prepared
from headgate.training.refs import DataRef, FitRef
from headgate.training.subject import Subject
from headgate.training.writing import Place


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model, the data it was made from, and its answers to its holdout."""

    subject: Subject
    place: Place
    data: DataRef
    prepared: Prepared
    fitted: FitRef
    scorer: Scorer
    scored: Scored
    metrics: dict[str, float | None]
    trivial: dict[str, float | None]
    proof: Proof

    @property
    def primary(self) -> str:
        return self.subject.rules.metrics.primary

    @property
    def answered(self) -> Holdout:
        """The holdout rows that were answered."""
        return self.prepared.holdout.take(self.scored.accepted)

    @property
    def truth(self) -> list[ClassValue]:
        return self.answered.targets
