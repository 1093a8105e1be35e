"""The manifest of a version before it has a number."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from headgate.documents.version import Manifest, Origin, Provenance
from headgate.training.provenance import libraries, python_version
from headgate.training.refs import DataRef, EvalRef, FitRef
from headgate.training.subject import Subject


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who made a version, in which run; ``by`` is a principal as text."""

    run_id: str
    attempt: int
    by: str
    origin: Origin = "trained"
    flow_run_id: str | None = None
    image: str | None = None
    created_at: datetime = field(default_factory=_now)


def draft(
    subject: Subject,
    data: DataRef,
    fitted: FitRef,
    evaluated: EvalRef,
    circumstances: Circumstances,
) -> Manifest:
    """Return a manifest with number 1 as a placeholder; metrics without a value are left out."""
    return Manifest(
        model=subject.model,
        number=1,
        run_id=circumstances.run_id,
        attempt=circumstances.attempt,
        created_at=circumstances.created_at,
        origin=circumstances.origin,
        rules=subject.rules,
        classes=fitted.classes,
        input_form=fitted.input_form,
        types=fitted.types,
        estimator=fitted.estimator,
        metrics={name: v for name, v in evaluated.metrics.items() if v is not None},
        files={**fitted.files, **evaluated.files},
        provenance=provenance_of(subject, data, fitted, circumstances),
        owner=subject.owner,
        purpose=subject.purpose,
        tags=subject.tags,
        proof=evaluated.proof,
    )


def provenance_of(
    subject: Subject, data: DataRef, fitted: FitRef, circumstances: Circumstances
) -> Provenance:
    """Return where a version comes from."""
    return Provenance(
        run_id=circumstances.run_id,
        flow_run_id=circumstances.flow_run_id,
        by=circumstances.by,
        git_sha=fitted.code.git_sha,
        git_dirty=fitted.code.git_dirty,
        data_uri=data.uri,
        data_sha256=data.sha256,
        snapshot_key=data.snapshot_key,
        n_rows_in=fitted.n_rows_in,
        n_rows_rejected=fitted.n_rows_rejected,
        n_rows_train=fitted.n_rows_train,
        n_rows_holdout=fitted.n_rows_holdout,
        seed=fitted.seed,
        spec_sha256=subject.spec_sha256,
        code_sha256=subject.code_sha256,
        lock_sha256=fitted.code.lock_sha256,
        python=python_version(),
        libraries=libraries(),
        parameters=fitted.parameters,
        image=circumstances.image,
    )
