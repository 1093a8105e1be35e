"""Fitting, measuring and committing a version: each step once per run."""

from prefect import runtime
from prefect.logging import get_run_logger

from headgate import versions
from headgate.artifacts.files import verify_ref
from headgate.documents.version import Manifest
from headgate.spec_loading import LoadedSpec, load_spec
from headgate.training import steps
from headgate.training.refs import DataRef, EvalRef, FitRef
from tasks import opening, showing
from tasks.caching import once_per_run, verified
from tasks.recording import current
from tasks.results import Parameters


@once_per_run
def _fit_model(
    run_id: str,
    model: str,
    rows: DataRef,
    data: str | None,
    params: Parameters | None,
    seed: int | None,
) -> FitRef:
    """Fit the spec's estimator on the training rows and store it."""
    fitted = steps.fit_model(
        opening.store(),
        _spec(model),
        rows,
        run_id=run_id,
        attempt=current().attempt.number,
        seed=seed,
        params=params,
        trusted_types=opening.settings().trusted_types,
        data_uri=data,
    )
    get_run_logger().info(
        "%s fitted on %d rows in %.1f s; %d held out, %d rejected",
        fitted.estimator,
        fitted.n_rows_train,
        fitted.fit_seconds,
        fitted.n_rows_holdout,
        fitted.n_rows_rejected,
    )
    return fitted


@once_per_run
def _evaluate_model(
    run_id: str, model: str, rows: DataRef, data: str | None, fitted: FitRef
) -> EvalRef:
    """Measure the stored model on its holdout and write what a version needs beside it."""
    return steps.evaluate_model(
        opening.store(),
        _spec(model),
        rows,
        fitted,
        run_id=run_id,
        attempt=current().attempt.number,
        trusted_types=opening.settings().trusted_types,
        data_uri=data,
    )


@once_per_run
def commit_version(
    run_id: str, model: str, rows: DataRef, fitted: FitRef, measured: EvalRef
) -> Manifest:
    """Make a version of what was fitted and measured; a run makes one, however often it runs."""
    circumstances = steps.Circumstances(
        run_id=run_id,
        attempt=current().attempt.number,
        by=str(current().by),
        flow_run_id=runtime.flow_run.get_id(),
    )
    draft = steps.draft_manifest(_spec(model), rows, fitted, measured, circumstances)
    manifest = versions.commit_version(opening.store(), draft)
    get_run_logger().info("%s@%s committed", model, manifest.version)
    showing.show_version(opening.store(), manifest, measured)
    return manifest


def _spec(model: str) -> LoadedSpec:
    return load_spec(model, opening.settings().models_dirs)


def _is_whole(ref: FitRef | EvalRef) -> bool:
    return verify_ref(opening.store(), ref.files)


fit_model = verified(_fit_model, _is_whole)
evaluate_model = verified(_evaluate_model, _is_whole)
