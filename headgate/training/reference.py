"""What training saw: the profile drift is measured against, and the trivial model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headgate.contract import BooleanColumn, CategoryColumn, Contract, ImageColumn, TextColumn
from headgate.contract.columns import Column
from headgate.documents.base import Document, Frozen
from headgate.scoring.answers import label_of
from headgate.scoring.estimators import ClassValue

N_QUANTILES = 21
N_BINS = 20
MAX_CATEGORIES = 100


class NumberProfile(Frozen):
    """Numbers: 21 quantiles from least to greatest, and a histogram of ``len(counts)`` bins."""

    kind: Literal["number"] = "number"
    n_rows: int
    n_missing: int
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


class CategoryProfile(Frozen):
    """Labels and how often each occurred; beyond the 100 most frequent only their sum."""

    kind: Literal["category"] = "category"
    n_rows: int
    n_missing: int
    frequencies: dict[str, int] = {}
    n_other: int = 0


class TextProfile(Frozen):
    """Texts by their length in characters."""

    kind: Literal["text"] = "text"
    n_rows: int
    n_missing: int
    length_quantiles: tuple[float, ...] = ()


class ImageProfile(Frozen):
    """Images, of which only the count is kept."""

    kind: Literal["image"] = "image"
    n_rows: int
    n_missing: int


Profile = Annotated[
    NumberProfile | CategoryProfile | TextProfile | ImageProfile, Field(discriminator="kind")
]


class Reference(Document):
    """Profiles of the training rows' columns and target, and of the predictions on the holdout.

    ``trivial_prediction`` is the answer of a model that ignores its input: the most frequent class
    or the mean target of the training rows. ``class_frequencies`` are its probabilities, in the
    order of ``classes``.
    """

    schema_version: Literal[1] = 1
    columns: dict[str, Profile]
    target: Profile
    predictions: Profile
    trivial_prediction: ClassValue
    classes: tuple[ClassValue, ...] | None = None
    class_frequencies: tuple[float, ...] | None = None


def build_reference(
    contract: Contract,
    values: Mapping[str, Sequence[object]],
    targets: Sequence[ClassValue],
    predictions: Sequence[ClassValue],
    classes: tuple[ClassValue, ...] | None,
) -> Reference:
    """Profile training rows and their targets, and predictions on the holdout."""
    trivial, frequencies = trivial_model(targets, classes)
    return Reference(
        columns={
            column.name: profile_of(column, values[column.name]) for column in contract.columns
        },
        target=_outcome_profile(targets, classes),
        predictions=_outcome_profile(predictions, classes),
        trivial_prediction=trivial,
        classes=classes,
        class_frequencies=frequencies,
    )


def trivial_model(
    targets: Sequence[ClassValue], classes: tuple[ClassValue, ...] | None
) -> tuple[ClassValue, tuple[float, ...] | None]:
    """Return the answer that ignores its input, and the probabilities it goes with.

    >>> trivial_model(["b", "a", "b", "b"], ("a", "b"))
    ('b', (0.25, 0.75))
    >>> trivial_model([1.0, 2.0], None)
    (1.5, None)
    """
    if classes is None:
        return float(np.mean(_numbers(targets))), None
    counts = Counter(targets)
    frequencies = tuple(counts[value] / len(targets) for value in classes)
    return classes[int(np.argmax(frequencies))], frequencies


def profile_of(column: Column, values: Sequence[object]) -> Profile:
    """Profile one column's clean values, None where missing."""
    present = [value for value in values if value is not None]
    n_rows, n_missing = len(values), len(values) - len(present)
    if isinstance(column, ImageColumn):
        return ImageProfile(n_rows=n_rows, n_missing=n_missing)
    if isinstance(column, TextColumn):
        lengths = np.array([len(str(value)) for value in present], dtype=np.float64)
        return TextProfile(n_rows=n_rows, n_missing=n_missing, length_quantiles=_quantiles(lengths))
    if isinstance(column, CategoryColumn | BooleanColumn):
        return category_profile(present, n_missing)
    return number_profile(_numbers(present), n_missing)


def number_profile(numbers: NDArray[np.float64], n_missing: int = 0) -> NumberProfile:
    """Profile finite numbers."""
    if not len(numbers):
        return NumberProfile(n_rows=n_missing, n_missing=n_missing)
    counts, edges = np.histogram(numbers, bins=_bins(numbers))
    return NumberProfile(
        n_rows=len(numbers) + n_missing,
        n_missing=n_missing,
        mean=float(np.mean(numbers)),
        std=float(np.std(numbers)),
        quantiles=_quantiles(numbers),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )


def category_profile(present: Sequence[object], n_missing: int = 0) -> CategoryProfile:
    """Profile labels; of equally frequent ones the first by name are kept."""
    counted = Counter(label_of(v) if isinstance(v, bool) else str(v) for v in present)
    kept = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_CATEGORIES]
    return CategoryProfile(
        n_rows=len(present) + n_missing,
        n_missing=n_missing,
        frequencies=dict(kept),
        n_other=len(present) - sum(count for _, count in kept),
    )


def _outcome_profile(
    outcomes: Sequence[ClassValue], classes: tuple[ClassValue, ...] | None
) -> NumberProfile | CategoryProfile:
    return number_profile(_numbers(outcomes)) if classes is None else category_profile(outcomes)


def _numbers(values: Sequence[object]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _quantiles(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    if not len(numbers):
        return ()
    found: list[float] = np.quantile(numbers, np.linspace(0, 1, N_QUANTILES)).tolist()
    return tuple(found)


def _bins(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bin edges over the range; where it is too narrow for 20 bins, one around it."""
    low, high = float(numbers.min()), float(numbers.max())
    edges = low + (high - low) * np.linspace(0, 1, N_BINS + 1)
    if np.all(np.isfinite(edges)) and np.all(np.diff(edges) > 0):
        return edges
    margin = max(1.0, abs(low) * 1e-9, abs(high) * 1e-9)
    return np.array([low - margin, high + margin])
