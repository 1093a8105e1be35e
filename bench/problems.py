"""What is served in the comparison: models, each with rows to ask it with."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import joblib
from pydantic import JsonValue

from headgate.artifacts.loading import load_version
from headgate.documents.ledger import Principal
from headgate.documents.version import Manifest
from headgate.ledger.acts import Act
from headgate.ledger.promotion import promote
from headgate.names import new_run_id
from headgate.spec_loading import load_spec
from headgate.store import Store, open_store
from headgate.training import steps
from headgate.versions import commit_version

ROOT = Path(__file__).resolve().parent.parent
MODELS = (ROOT / "models", ROOT / "bench" / "models")
TRUSTED = ("models.unproven.Ratios",)
N_ROWS = 32

Row = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Problem:
    """One model: the fitted pipeline as a file for peers, a store with its champion, 32 rows."""

    name: str
    model_file: Path
    store_url: str
    rows: tuple[Row, ...]


def build(name: str, work: Path) -> Problem:
    """Fit a model once, for everybody; the second call reads what the first one made."""
    folder = work / name
    model_file, rows_file, store_url = (
        folder / "model.joblib",
        folder / "rows.json",
        folder / "store",
    )
    if not rows_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        store = open_store(str(store_url))
        version = _train(store, name)
        _make_champion(store, version)
        scorer = load_version(store, version, trusted_types=TRUSTED, models_dirs=MODELS)
        joblib.dump(scorer.estimator, model_file)
        rows_file.write_text(json.dumps(_rows(name), indent=1))
    return Problem(name, model_file, str(store_url), tuple(json.loads(rows_file.read_text())))


def _train(store: Store, name: str) -> Manifest:
    loaded = load_spec(name, MODELS)
    run_id = new_run_id()
    data = steps.load_data(store, loaded.spec)
    fitted = steps.fit_model(store, loaded, data, run_id=run_id, attempt=1, trusted_types=TRUSTED)
    measured = steps.evaluate_model(
        store, loaded, data, fitted, run_id=run_id, attempt=1, trusted_types=TRUSTED
    )
    made_in = steps.Circumstances(run_id, 1, "bench")
    return commit_version(store, steps.draft_manifest(loaded, data, fitted, measured, made_in))


def _make_champion(store: Store, version: Manifest) -> None:
    by = Principal(name="bench", kind="local")
    act = Act(run_id=new_run_id(), by=by, reason="to be measured", now=datetime.now(UTC))
    promote(store, version.model, version.version, act, override=True)


def _rows(name: str) -> list[Row]:
    """Return rows of the model's data without a gap, which a plain DataFrame would stumble on."""
    spec = load_spec(name, MODELS).spec
    if not callable(spec.source):
        raise TypeError(f"{name} reads its data from {spec.source}; a function is needed here")
    frame = spec.source().drop(columns=spec.target).dropna().head(N_ROWS)
    return [dict(row) for row in json.loads(frame.to_json(orient="records"))]
