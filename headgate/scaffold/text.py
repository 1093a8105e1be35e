"""A model file's text."""

from dataclasses import dataclass
from pathlib import Path

from headgate.contract.columns import Column, ImageColumn, TextColumn
from headgate.documents.rules import Metrics, Task
from headgate.scaffold.columns import Features
from headgate.scaffold.estimators import EstimatorCode, estimator_code
from headgate.scaffold.literals import call, comment, fitting, listing, literal

# Above this share of equal rows, whole cases would be missing on one side.
MANY_REPEATED = 0.2
UP = "Path(__file__).resolve().parent.parent"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything a new model file says."""

    name: str
    source: str
    target: str
    task: Task
    metrics: Metrics
    metrics_reason: str
    features: Features
    n_rows: int


def render(proposal: Proposal, models_dir: Path, *, is_local: bool) -> str:
    """Return the text of the file; data beside the models folder are named relative to it."""
    features = proposal.features
    code = estimator_code(features.columns, features.words_per_text, proposal.task, proposal.n_rows)
    code.use("headgate.contract", *(type(column).__name__ for column in features.columns))
    code.use("headgate.documents.rules", "GateRules", "Metrics")
    if features.ids and features.repeated_share > MANY_REPEATED:
        code.use("headgate.documents.rules", "Split")
    code.use("headgate.spec", "ModelSpec")
    source = _source(code, Path(proposal.source), models_dir) if is_local else ""
    lines = [
        f'"""Model {proposal.name}: written by `headgate new`, now yours to edit."""',
        "",
        *_imports(code),
        "",
        fitting(f"SOURCE = {source or literal(proposal.source)}"),
        *code.constants,
        "",
        "",
        *code.function,
        "",
        "",
        *_spec(proposal),
    ]
    return "\n".join(lines) + "\n"


def _source(code: EstimatorCode, data: Path, models_dir: Path) -> str:
    root = models_dir.resolve().parent
    # A folder or a glob is no file to resolve; its text may still lie below the root.
    if not data.resolve().is_relative_to(root):
        return ""
    code.use("pathlib", "Path")
    parts = " / ".join(literal(part) for part in data.resolve().relative_to(root).parts)
    return f"str({UP} / {parts})"


def _imports(code: EstimatorCode) -> list[str]:
    groups: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for module in sorted(code.imports):
        group = 0 if module == "pathlib" else 2 if module.startswith("headgate") else 1
        names = sorted(code.imports[module])
        line = f"from {module} import {', '.join(names)}"
        if len(line) > 100:
            groups[group] += [f"from {module} import (", *(f"    {n}," for n in names), ")"]
        else:
            groups[group].append(line)
    lines: list[str] = []
    for imports in groups.values():
        lines += [*([""] if lines and imports else []), *imports]
    return lines


def _spec(proposal: Proposal) -> list[str]:
    features = proposal.features
    return [
        "spec = ModelSpec(",
        f'    name="{proposal.name}",',
        f'    task="{proposal.task}",',
        fitting(f"    target={literal(proposal.target)},"),
        "    source=SOURCE,",
        "    estimator=estimator,",
        "    # Ranges and categories left open are read from the training data. A policy says what",
        "    # happens to a bad value: reject, flag, impute, or clip (numbers).",
        *_features(features),
        *_left_out(features.left_out),
        *_split(features),
        *([f"    # {proposal.metrics_reason}"] if proposal.metrics_reason else []),
        f"    metrics={_metrics(proposal.metrics)},",
        "    # floor=0.8 would refuse every version whose primary metric is lower.",
        "    gate=GateRules(),",
        '    owner="",',
        '    purpose="",',
        ")",
    ]


def _features(features: Features) -> list[str]:
    lines = [line for c in features.columns for line in _column(c, features.notes.get(c.name, ""))]
    one_line = f"    features=({lines[0].strip()}),"
    if len(lines) == 1 and "#" not in one_line and len(one_line) <= 100:
        return [one_line]
    return ["    features=(", *lines, "    ),"]


def _column(column: Column, note: str) -> list[str]:
    arguments = [f"name={literal(column.name)}"]
    if column.nullable:
        arguments.append("nullable=True")
    limit = {"text": "max_length", "image": "max_bytes"}.get(column.type)
    if limit and getattr(column, limit) != type(column).model_fields[limit].default:
        arguments.append(f"{limit}={getattr(column, limit)}")
    elif not isinstance(column, TextColumn | ImageColumn):
        arguments.append(f'policy="{column.policy}"')
    return call("        ", type(column).__name__, arguments, note)


def _left_out(left_out: dict[str, str]) -> list[str]:
    if not left_out:
        return []
    reasons = [
        f"    # {comment(repr(name))} is left out: {reason}."[:100]
        for name, reason in left_out.items()
    ]
    names = ", ".join(map(literal, left_out))
    one_line = f"    exclude=({names}{',' if len(left_out) == 1 else ''}),"
    if len(one_line) <= 100:
        return [*reasons, one_line]
    (head, *inner, end) = listing("exclude=", list(left_out))
    exploded = [head.replace("[", "("), *inner, end.replace("]", "),")]
    return [*reasons, *(fitting(f"    {line}") for line in exploded)]


def _split(features: Features) -> list[str]:
    if features.repeated_share <= MANY_REPEATED:
        return []
    share = f"{features.repeated_share:.0%}"
    return [
        f"    # {share} of the rows equal an earlier one. Equal rows share a side of the split,",
        "    # and the holdout may hold cases that training never saw, unless a key parts them.",
        f"    split=Split(key=({literal(features.ids[0])},)),"
        if features.ids
        else "    # Where a column identifies a row, name it as the key of a Split here.",
    ]


def _metrics(metrics: Metrics) -> str:
    others = f'others=("{metrics.others[0]}",)' if metrics.others else ""
    return f'Metrics(primary="{metrics.primary}", {others})'
