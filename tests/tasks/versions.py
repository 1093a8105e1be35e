"""A real small version, made without Prefect."""

from pathlib import Path

from headgate import versions
from headgate.documents.version import Manifest
from headgate.spec_loading import load_spec
from headgate.store import Store
from headgate.training import steps
from headgate.training.loading import load_data

MODELS = Path(__file__).resolve().parents[2] / "models"


def a_real_version(store: Store, model: str = "iris", run_id: str = "made") -> Manifest:
    """Train and commit a version of one of the built-in models."""
    loaded = load_spec(model, [MODELS])
    rows = load_data(store, loaded.spec)
    fitted = steps.fit_model(store, loaded, rows, run_id=run_id, attempt=1)
    measured = steps.evaluate_model(store, loaded, rows, fitted, run_id=run_id, attempt=1)
    circumstances = steps.Circumstances(run_id=run_id, attempt=1, by="alice (local)")
    draft = steps.draft_manifest(loaded, rows, fitted, measured, circumstances)
    return versions.commit_version(store, draft)
