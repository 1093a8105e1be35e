"""The part of a report that shows where the answers are right and where they are not."""

import numpy as np
from numpy.typing import NDArray

from headgate.report.data import Evaluation
from headgate.report.markup import figure, figures, paragraph, section, table
from headgate.report.plots import (
    confusion_plot,
    precision_recall_plot,
    predicted_plot,
    residual_plot,
    roc_plot,
)
from headgate.scoring.answers import label_of
from headgate.scoring.estimators import ClassValue

MAX_CLASSES = 40


def quality_section(evaluation: Evaluation) -> str:
    """Show the answers to the holdout against the truth."""
    classes = evaluation.fitted.classes
    if classes is None:
        return _regression(evaluation)
    return _classification(evaluation, classes)


def _regression(evaluation: Evaluation) -> str:
    truth = np.array(evaluation.truth, dtype=np.float64)
    predicted = np.array(evaluation.scored.chosen, dtype=np.float64)
    return section(
        "Answers on the holdout",
        figures(
            figure(predicted_plot(truth, predicted), "Predicted against true; dotted: equal"),
            figure(residual_plot(predicted - truth), "Errors; dotted: none"),
        ),
    )


def _classification(evaluation: Evaluation, classes: tuple[ClassValue, ...]) -> str:
    truth = _indices(evaluation.truth, classes)
    chosen = _indices(evaluation.scored.chosen, classes)
    counts = np.zeros((len(classes), len(classes)), dtype=np.intp)
    np.add.at(counts, (truth[truth >= 0], chosen[truth >= 0]), 1)
    labels = [label_of(value) for value in classes]
    n_strange = int(np.count_nonzero(truth < 0))
    strange = f"{n_strange} holdout rows are of classes that training never saw; they count wrong."
    pictures = []
    if len(classes) <= MAX_CLASSES:
        caption = "Rows by true class and answer; darker: greater share of the true class"
        pictures.append(figure(confusion_plot(counts, labels), caption))
    if len(classes) == 2 and evaluation.scored.probabilities is not None:
        pictures += _curves(truth == 1, evaluation.scored.probabilities[:, 1], labels[1])
    return section(
        "Answers on the holdout",
        paragraph(strange) if n_strange else "",
        figures(*pictures),
        table(("class", "holdout rows", "answered", "precision", "recall"), _rows(counts, labels)),
    )


def _curves(positive: NDArray[np.bool_], scores: NDArray[np.float64], label: str) -> list[str]:
    if positive.all() or not positive.any():
        return []
    return [
        figure(roc_plot(positive, scores), f"ROC curve of class {label}; dotted: guessing"),
        figure(
            precision_recall_plot(positive, scores),
            f"Precision and recall of class {label}; dotted: its share",
        ),
    ]


def _rows(counts: NDArray[np.intp], labels: list[str]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for i, label in enumerate(labels[:MAX_CLASSES]):
        hits, truly, answered = counts[i, i], counts[i].sum(), counts[:, i].sum()
        rows.append(
            (
                label,
                int(truly),
                int(answered),
                float(hits / answered) if answered else None,
                float(hits / truly) if truly else None,
            )
        )
    return rows


def _indices(values: list[ClassValue], classes: tuple[ClassValue, ...]) -> NDArray[np.intp]:
    index = {value: i for i, value in enumerate(classes)}
    return np.array([index.get(value, -1) for value in values], dtype=np.intp)
