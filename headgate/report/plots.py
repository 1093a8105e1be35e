"""The pictures of a report, drawn without matplotlib's global state."""

import io
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

ACCENT, SOFT, LINE = "#23527c", "#8a95a3", "#dde2e8"
MAX_LABEL, MAX_NAME = 18, 34
MAX_POINTS = 3000
MAX_NUMBERED = 12


def confusion_plot(counts: NDArray[np.intp], labels: Sequence[str]) -> bytes:
    """Draw how often each class (row) was answered as which (column)."""

    def draw(axes: Axes) -> None:
        totals = counts.sum(axis=1, keepdims=True)
        shares = counts / np.maximum(totals, 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        ticks, names = np.arange(len(labels)), [label_text(label) for label in labels]
        turned = 0 if sum(map(len, names)) < 30 else 60
        axes.set_xticks(ticks, names, rotation=turned, ha="right" if turned else "center")
        axes.set_yticks(ticks, names)
        axes.set(xlabel="answered", ylabel="true")
        if len(labels) <= MAX_NUMBERED:
            for (i, j), count in np.ndenumerate(counts):
                colour = "white" if shares[i, j] > 0.5 else "#1c2430"
                axes.text(j, i, f"{count:,}", ha="center", va="center", color=colour, size=9)

    return _png(draw, height=4.2)


def roc_plot(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> bytes:
    """Draw the ROC curve of the second of two classes."""

    def draw(axes: Axes) -> None:
        false_rate, true_rate, _ = roc_curve(positive, scores)
        axes.plot([0, 1], [0, 1], color=SOFT, linestyle=":", linewidth=1)
        axes.plot(false_rate, true_rate, color=ACCENT, linewidth=2)
        area = roc_auc_score(positive, scores)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.set_title(f"ROC, area {area:.3f}", loc="left", size=10)

    return _png(draw)


def precision_recall_plot(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> bytes:
    """Draw precision against recall of the second of two classes."""

    def draw(axes: Axes) -> None:
        precision, recall, _ = precision_recall_curve(positive, scores)
        axes.axhline(float(positive.mean()), color=SOFT, linestyle=":", linewidth=1)
        axes.step(recall, precision, color=ACCENT, linewidth=2, where="post")
        average = average_precision_score(positive, scores)
        axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.03))
        axes.set_title(f"Precision and recall, average {average:.3f}", loc="left", size=10)

    return _png(draw)


def predicted_plot(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> bytes:
    """Draw predictions against the truth; of many rows an even sample."""
    step = max(1, len(truth) // MAX_POINTS)

    def draw(axes: Axes) -> None:
        low = float(min(truth.min(), predicted.min()))
        high = float(max(truth.max(), predicted.max()))
        axes.plot([low, high], [low, high], color=SOFT, linestyle=":", linewidth=1)
        axes.scatter(truth[::step], predicted[::step], s=12, alpha=0.5, color=ACCENT, linewidths=0)
        axes.set(xlabel="true", ylabel="predicted")

    return _png(draw)


def residual_plot(residuals: NDArray[np.float64]) -> bytes:
    """Draw how the errors are distributed."""

    def draw(axes: Axes) -> None:
        axes.hist(residuals, bins=30, color=ACCENT, alpha=0.85)
        axes.axvline(0, color=SOFT, linestyle=":", linewidth=1)
        axes.set(xlabel="predicted minus true", ylabel="rows")

    return _png(draw)


def importance_plot(
    names: Sequence[str], means: Sequence[float], spreads: Sequence[float]
) -> bytes:
    """Draw how much the metric falls when a column is shuffled, the greatest on top."""

    def draw(axes: Axes) -> None:
        at = np.arange(len(names))[::-1]
        axes.barh(at, means, xerr=spreads, color=ACCENT, alpha=0.85, ecolor=SOFT)
        axes.set_yticks(at, [label_text(name, MAX_NAME) for name in names])
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.set(xlabel="fall of the metric")

    return _png(draw, height=1.0 + 0.26 * len(names), width=8.0)


def label_text(label: str, length: int = MAX_LABEL) -> str:
    """Return a label short enough for an axis, and no formula.

    >>> label_text("$a$"), label_text("a label of far too many characters")
    ('\\\\$a\\\\$', 'a label of far to…')
    """
    short = label if len(label) <= length else f"{label[: length - 1]}…"
    return short.replace("$", r"\$")


def _png(draw: Callable[[Axes], None], *, height: float = 3.6, width: float = 4.8) -> bytes:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw(axes)
    axes.tick_params(labelsize=8.5, color=LINE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    written = io.BytesIO()
    with warnings.catch_warnings():
        # A label in a script the font lacks is drawn as boxes; that is no reason to fail.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure.savefig(written, format="png", dpi=150, metadata={"Software": None})
    return written.getvalue()
