"""Ways the demo can break a challenger, each a mistake that happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from headgate.data.sources import read_frame
from headgate.errors import UsageError
from headgate.spec_loading import load_spec

MODEL = "digits"


@dataclass(frozen=True, slots=True)
class Break:
    """What is passed to ``train`` to get a bad model, and how the demo tells it."""

    story: str
    params: dict[str, JsonValue] = field(default_factory=dict)
    data: str | None = None


def _wrong_gamma(_models_dirs: tuple[Path, ...], _folder: Path) -> Break:
    return Break("someone set gamma a thousand times too large", params={"gamma": 5.0})


def _shuffled_labels(models_dirs: tuple[Path, ...], folder: Path) -> Break:
    """Write the training data with labels in another order, as after a broken join."""
    spec = load_spec(MODEL, models_dirs).spec
    frame = read_frame(spec.source).frame.copy()
    frame[spec.target] = np.random.default_rng(0).permutation(frame[spec.target].to_numpy())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "shuffled.parquet"
    frame.to_parquet(path)
    return Break("a broken join mixed up the labels", data=str(path))


BREAKS: dict[str, Callable[[tuple[Path, ...], Path], Break]] = {
    "gamma": _wrong_gamma,
    "labels": _shuffled_labels,
}


def make_break(name: str, models_dirs: tuple[Path, ...], folder: Path) -> Break:
    """Return the break of that name; data it needs is written into ``folder``.

    Raises:
        UsageError: if there is none of that name.
    """
    if name not in BREAKS:
        raise UsageError(f"There is no break {name!r} (there are: {', '.join(BREAKS)}).")
    return BREAKS[name](models_dirs, folder)
