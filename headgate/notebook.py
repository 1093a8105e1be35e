"""For notebooks: make a fitted estimator a version of this deployment's store."""

import getpass

import pandas as pd

from headgate.documents.version import Manifest
from headgate.names import check_model_name, check_run_id
from headgate.scoring.estimators import Estimator
from headgate.settings import Settings
from headgate.store import open_store, prove_put_if_absent
from headgate.training import recording


def record_version(
    model: str,
    estimator: Estimator,
    data: pd.DataFrame | str,
    *,
    target: str,
    run_id: str | None = None,
    purpose: str = "",
) -> Manifest:
    """Make a fitted estimator an ordinary version, to be judged on ``data`` like any other.

    ``data`` are labelled rows the estimator was not fitted on, as a frame or a URI. The store and
    the folders of models are those of `headgate.settings`. The same run_id makes one version.

    Raises:
        UsageError: if estimator and data do not fit each other, or no server would load it.
    """
    settings = Settings.load()
    store = open_store(settings.store_url)
    prove_put_if_absent(store)
    return recording.record_version(
        store,
        check_model_name(model),
        estimator,
        data,
        target,
        run_id=None if run_id is None else check_run_id(run_id),
        by=getpass.getuser(),
        purpose=purpose,
        models_dirs=settings.models_dirs,
        trusted_types=settings.trusted_types,
    )
