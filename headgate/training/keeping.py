"""A fitted estimator with its contract, as the files every later step starts from."""

import time
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from headgate.artifacts.files import CONTRACT, MODEL
from headgate.artifacts.persistence import dump_estimator, untrusted_types
from headgate.data.holdout import Holdout
from headgate.documents.version import InputForm
from headgate.scoring.estimators import ClassValue, type_name
from headgate.scoring.scorer import build_input
from headgate.store import Store
from headgate.training.fitting import FitError, Fitted
from headgate.training.prepare import Prepared
from headgate.training.provenance import code_state
from headgate.training.refs import N_TIMED, FitRef
from headgate.training.writing import Place, write_files


def keep_fitted(
    store: Store,
    place: Place,
    root: Path,
    prepared: Prepared,
    fitted: Fitted,
    form: InputForm,
    classes: tuple[ClassValue, ...] | None,
    seed: int,
    params: Mapping[str, JsonValue],
) -> FitRef:
    """Store a fitted estimator and its contract, and return what the next step needs.

    ``root`` is the tree its code lives in.

    Raises:
        FitError: if it cannot predict rows of its own data.
    """
    score_seconds = _time_scoring(prepared, fitted, form)
    artifact = dump_estimator(fitted.estimator)
    files = write_files(store, place, {MODEL: artifact, CONTRACT: prepared.contract.to_bytes()})
    return FitRef(
        files=files,
        contract=prepared.contract,
        classes=classes,
        input_form=form,
        types=untrusted_types(artifact),
        estimator=type_name(fitted.estimator),
        seed=seed,
        parameters=dict(params),
        n_rows_in=prepared.n_rows_in,
        n_rows_rejected=len(prepared.quarantined),
        n_rows_train=int(prepared.is_train.sum()),
        n_rows_holdout=int(prepared.is_holdout.sum()),
        reasons=prepared.reasons(),
        fit_seconds=fitted.seconds,
        score_seconds=score_seconds,
        code=code_state(root),
        trials=fitted.trials,
        warnings=fitted.warnings,
    )


def _time_scoring(prepared: Prepared, fitted: Fitted, form: InputForm) -> float:
    rows = Holdout(prepared.values, prepared.targets)
    rows = rows.take(range(min(rows.n_rows, N_TIMED)))
    X = build_input(form, prepared.contract, rows.values, rows.n_rows)
    started = time.perf_counter()
    try:
        fitted.estimator.predict(X)
    # The estimator may be anyone's code and raise anything.
    except Exception as err:
        raise FitError(
            f"{type_name(fitted.estimator)} is fitted but cannot predict: {type(err).__name__}: "
            f"{str(err)[:300]}"
        ) from err
    return time.perf_counter() - started
