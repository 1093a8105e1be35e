"""From a data file to a model file that trains as it is."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from headgate.contract.columns import Column
from headgate.contract.frames import plain_values
from headgate.contract.inference import infer_columns
from headgate.contract.wording import did_you_mean
from headgate.data.sources import Frame, local_path, read_frame, redact_uri
from headgate.documents.rules import Metrics, Task
from headgate.errors import ConflictError, UsageError
from headgate.names import check_model_name
from headgate.scaffold.columns import read_features
from headgate.scaffold.text import Proposal, render
from headgate.training.targets import read_targets

MAX_INTEGER_CLASSES = 20
MAX_CLASSES = 200
# Below this share of the rows, never answering a class would look like a good accuracy.
RARE_SHARE = 0.10


def write_spec(name: str, from_uri: str, target: str, models_dir: Path) -> Path:
    """Write ``<models_dir>/<name>.py`` for the data at a URI, and return its path.

    Raises:
        ConflictError: if the file is there already.
        UsageError: if the data cannot be read, lacks the target, or leaves nothing to learn.
    """
    path = models_dir / f"{check_model_name(name)}.py"
    if path.exists():
        raise ConflictError(f"{path} exists already. Edit it, delete it, or choose another name.")
    source, is_local = _source(from_uri)
    text = render(propose(name, source, target, read_frame(source)), models_dir, is_local=is_local)
    models_dir.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConflictError(f"{path} was written by somebody else just now.") from None
    return path


def _source(uri: str) -> tuple[str, bool]:
    if redact_uri(uri) != uri:
        raise UsageError(
            f"{redact_uri(uri)!r} was given with a user name or a query, which would stand in the "
            "model's file. Write a source() that reads its secrets from the environment."
        )
    if "://" in uri and not uri.lower().startswith("file://"):
        return uri, False
    return str(local_path(uri)), True


def propose(name: str, source: str, target: str, data: Frame) -> Proposal:
    """Read the columns and propose task, metrics and features.

    Raises:
        UsageError: if there is no such target, or nothing can be learnt about it.
    """
    names = [str(label) for label in data.frame.columns]
    if target not in names:
        raise UsageError(
            f"{data.uri} has no column {target!r}{did_you_mean(target, names)} (it has: "
            f"{', '.join(names[:50])})."
        )
    task = _task(data, target)
    metrics, reason = _metrics(data, target, task)
    features = read_features(data, target)
    return Proposal(
        name=name,
        source=source,
        target=target,
        task=task,
        metrics=metrics,
        metrics_reason=reason,
        features=features,
        n_rows=len(data.frame),
    )


def _task(data: Frame, target: str) -> Task:
    (column,) = _inferred(data, target)
    values = plain_values(data.frame[target], dates=True)
    distinct = {value for value in values if value is not None and value != ""}
    if len(distinct) < 2:
        raise UsageError(f"Target {target!r} has a single value: there is nothing to predict.")
    if column.type == "number":
        # A column of integers with a gap in it comes as floats.
        whole = all(map(_is_whole, distinct))
        return "classification" if whole and len(distinct) <= MAX_INTEGER_CLASSES else "regression"
    if column.type == "integer":
        return "classification" if len(distinct) <= MAX_INTEGER_CLASSES else "regression"
    if column.type == "image" or len(distinct) > min(MAX_CLASSES, len(values) // 2):
        raise UsageError(
            f"Target {target!r} has {len(distinct)} different texts in {len(values)} rows, which "
            "are too many to be classes. Choose a column of classes or of numbers."
        )
    return "classification"


def _is_whole(value: object) -> bool:
    try:
        return float(str(value)).is_integer()
    except ValueError:
        # A marker of a missing value.
        return True


def _inferred(data: Frame, target: str) -> Sequence[Column]:
    return infer_columns(data.frame[[target]], textual=data.textual)


def _metrics(data: Frame, target: str, task: Task) -> tuple[Metrics, str]:
    """Return the metrics to propose, and why they are not the usual ones."""
    if task == "regression":
        return Metrics(primary="r2", others=("neg_mean_absolute_error",)), ""
    values = plain_values(data.frame[target], dates=True)
    read = read_targets(values, target, task, textual=data.textual)
    counts = Counter(value for value in read.values if value is not None)
    rarest = min(counts, key=lambda value: counts[value])
    share = counts[rarest] / counts.total()
    if share >= RARE_SHARE:
        return Metrics(primary="accuracy", others=("f1_macro",)), ""
    reason = f"A class has {share:.1%} of the rows: accuracy would hardly notice it."
    if len(counts) > 2:
        return Metrics(primary="f1_macro", others=("balanced_accuracy",)), reason
    # The metric is about the second class in sorted order.
    if rarest == max(counts):
        return Metrics(primary="average_precision", others=("balanced_accuracy",)), reason
    return Metrics(primary="balanced_accuracy", others=("f1_macro",)), reason
