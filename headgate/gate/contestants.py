"""The two versions as the gate opens them, and what a failure to do so means."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from headgate.artifacts.files import REFERENCE, read_file
from headgate.artifacts.loading import load_version
from headgate.artifacts.serving import load_compiled, load_scorer
from headgate.data.holdout import Holdout, read_holdout, read_training_rows
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError, UnreachableError
from headgate.gate.evidence import AnswerChange, Finding
from headgate.gate.holdout import Trained, missing_columns
from headgate.scoring.estimators import ClassValue
from headgate.scoring.golden import GoldenMismatchError
from headgate.scoring.rows import RowScorer
from headgate.store import Store
from headgate.store.port import StoreFailedError
from headgate.training.reference import Reference

T = TypeVar("T")
Classes = tuple[ClassValue, ...] | None


@dataclass(frozen=True, slots=True)
class Contestant:
    """A loaded version, and what it trained on."""

    scorer: RowScorer
    trained: Trained


@dataclass(frozen=True, slots=True)
class Judged(Contestant):
    """The challenger, which brings the rows and the trivial model it is judged by."""

    holdout: Holdout
    reference: Reference


@dataclass(frozen=True, slots=True)
class Opener:
    """How versions are opened: from where, and trusting what."""

    store: Store
    trusted_types: Collection[str]
    models_dirs: Sequence[Path]

    def contestant(self, manifest: Manifest) -> Contestant:
        """Open a version as the service does."""
        return self._contestant(
            manifest,
            load_scorer(
                self.store, manifest, trusted_types=self.trusted_types, models_dirs=self.models_dirs
            ),
        )

    def _contestant(self, manifest: Manifest, scorer: RowScorer) -> Contestant:
        training_rows = read_training_rows(self.store, manifest)
        trained = Trained(scorer.contract, manifest.rules.target, training_rows)
        return Contestant(scorer, trained)

    def judged(self, manifest: Manifest) -> Judged:
        holdout = read_holdout(self.store, manifest)
        data = read_file(self.store, manifest, REFERENCE)
        reference = Reference.from_bytes(data, REFERENCE)
        loaded = self._contestant(manifest, self._whole(manifest))
        return Judged(loaded.scorer, loaded.trained, holdout, reference)

    def _whole(self, manifest: Manifest) -> RowScorer:
        """Return what would serve a challenger, and what would take its place; both must load."""
        own = load_version(
            self.store, manifest, trusted_types=self.trusted_types, models_dirs=self.models_dirs
        )
        proof = manifest.proof
        return load_compiled(self.store, manifest) if proof and proof.uses_compiled else own


def tried(act: Callable[[], T]) -> tuple[T, None] | tuple[None, HeadgateError]:
    """Return what an act gave, or the error by which a version failed at it.

    A store that fails is no fault of the version: a retry mends it, so that error is raised.
    """
    try:
        return act(), None
    except (UnreachableError, StoreFailedError):
        raise
    except HeadgateError as err:
        return None, err


def opening_findings(error: HeadgateError | None) -> tuple[Finding, Finding]:
    """Return how the loading of a challenger went, and how its golden rows did."""
    whole = Finding(passed=True, detail="every file is as recorded, and the estimator loads")
    if error is None:
        return whole, Finding(passed=True, detail="reproduced")
    if isinstance(error, GoldenMismatchError):
        return whole, Finding(passed=False, detail=str(error))
    untried = Finding(passed=None, detail="not tried: the version did not load")
    return Finding(passed=False, detail=str(error)), untried


def answer_change(challenger: Classes, champion: Classes) -> AnswerChange | None:
    """Return how the classes changed, or None where classes came in the place of numbers.

    >>> answer_change(("N", "no"), ("no", "yes"))
    AnswerChange(removed=('"yes"',), added=('"N"',))
    >>> answer_change(None, None)
    AnswerChange(removed=(), added=())
    """
    if champion is None and challenger is not None:
        return None
    new, old = (
        [json.dumps(value, ensure_ascii=False) for value in classes or ()]
        for classes in (challenger, champion)
    )
    return AnswerChange(
        removed=tuple(value for value in old if value not in new),
        added=tuple(value for value in new if value not in old),
    )


def unlike(challenger: Judged, champion: Contestant) -> str | None:
    """Say why a champion cannot be scored on the challenger's rows, or None if it can."""
    new, old = challenger.scorer.rules, champion.scorer.rules
    if (new.task, new.target) != (old.task, old.target):
        return (
            f"it is a {old.task} of {old.target!r}, the challenger a {new.task} of {new.target!r}"
        )
    change = answer_change(challenger.scorer.classes, champion.scorer.classes)
    if change is not None and change.removed:
        return f"it answers classes the challenger does not: {', '.join(change.removed)}"
    missing = missing_columns(challenger.holdout, champion.scorer.contract)
    if missing:
        return f"the holdout lacks columns it needs: {', '.join(missing)}"
    return None
