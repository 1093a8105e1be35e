"""The five built-in models, fitted as they are declared, live in a store."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import numpy as np
from pydantic import JsonValue

from headgate.contract.frames import to_frame
from headgate.data.sources import read_frame
from headgate.spec import ModelSpec
from headgate.spec_loading import load_spec
from headgate.store import Store
from headgate.training.prepare import Declared, prepare
from tests.serve.making import Made, Row, a_live_model

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = ("breast_cancer", "diabetes", "digits", "iris", "sentiment")


@dataclass(frozen=True)
class Served:
    """A live built-in model and some of the rows it was not fitted on."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Five:
    """A server of all five, and rows for each."""

    client: httpx.Client
    models: dict[str, Served]

    @property
    def host(self) -> str:
        return f"{self.client.base_url.host}:{self.client.base_url.port}"


def a_built_in_model(store: Store, name: str) -> Served:
    """Fit a built-in model on its own data and make it live."""
    made, rows = fitted(name)
    a_live_model(store, name, made)
    return Served(name, rows)


def fitted(name: str) -> tuple[Made, tuple[Row, ...]]:
    """Return what a version of a built-in model is made of, and rows it was not fitted on."""
    spec: ModelSpec = load_spec(name, [MODELS]).spec
    prepared = prepare(read_frame(spec.source), Declared.of(spec))
    frame, targets = to_frame(prepared.contract, prepared.values), np.array(prepared.targets)
    estimator = spec.estimator(spec.seed).fit(frame[prepared.is_train], targets[prepared.is_train])
    held_out = np.flatnonzero(prepared.is_holdout)[:5].tolist()
    rows = tuple(_row(prepared.values, i) for i in held_out)
    classes = tuple(getattr(estimator, "classes_", np.array([])).tolist()) or None
    return Made(prepared.contract, spec.task, classes, estimator, "frame", rows[:2]), rows


def _row(values: dict[str, list[object]], i: int) -> dict[str, JsonValue]:
    return {name: cast(JsonValue, column[i]) for name, column in values.items()}
