"""The page: every section of a report, put together."""

from headgate.contract import CategoryColumn, Column, IntegerColumn, NumberColumn
from headgate.report.data import Evaluation
from headgate.report.importance import importances
from headgate.report.markup import facts, figure, paragraph, section, shown, table, text
from headgate.report.plots import importance_plot
from headgate.report.quality import quality_section
from headgate.report.served import served_section
from headgate.report.style import CSS
from headgate.report.validation import Validation, cross_validate
from headgate.scoring.metrics import metric_names
from headgate.training.provenance import libraries, python_version

MAX_CATEGORIES = 8
# Whatever is in it, the page runs nothing and fetches nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def render(evaluation: Evaluation) -> str:
    """Return the report as one self-contained HTML page; equal runs give equal pages."""
    validation = cross_validate(evaluation)
    parts = [
        _header(evaluation),
        _metrics(evaluation, validation),
        _data(evaluation),
        quality_section(evaluation),
        _importance(evaluation),
        _columns(evaluation),
        served_section(evaluation),
        _search(evaluation),
        _warnings(evaluation),
        _provenance(evaluation),
    ]
    title = text(f"{evaluation.subject.model}: {evaluation.place.run_id}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{title}</title><style>{CSS}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _header(evaluation: Evaluation) -> str:
    subject, fitted = evaluation.subject, evaluation.fitted
    lines = [
        subject.purpose,
        f"Run {evaluation.place.run_id}, attempt {evaluation.place.attempt}",
        f"Owner: {subject.owner}" if subject.owner else "",
    ]
    value = evaluation.metrics.get(evaluation.primary)
    cards = [
        (shown(value), f"{evaluation.primary} on the holdout"),
        (shown(evaluation.trivial.get(evaluation.primary)), "the same, ignoring the input"),
        (shown(fitted.n_rows_holdout), "holdout rows"),
        (shown(fitted.n_rows_train), "training rows"),
    ]
    boxes = "".join(
        f'<div class="card"><b>{text(b)}</b><span>{text(s)}</span></div>' for b, s in cards
    )
    said = "".join(f"<p>{text(line)}</p>" for line in lines if line)
    return f"<header><h1>{text(subject.model)}</h1>{said}</header><div class='cards'>{boxes}</div>"


def _metrics(evaluation: Evaluation, validation: Validation) -> str:
    rows = []
    declared = metric_names(evaluation.subject.rules.metrics)
    for name in dict.fromkeys((*declared, *evaluation.metrics)):
        is_primary = name == evaluation.primary
        spread = "" if validation.mean is None else f"{validation.mean:.4g} ± {validation.std:.2g}"
        rows.append(
            (
                name,
                evaluation.metrics.get(name),
                evaluation.trivial.get(name),
                spread if is_primary else "",
            )
        )
    headers = ("metric", "holdout", "ignoring the input", f"{validation.n_folds} folds")
    width = 4 if validation.n_folds else 3
    note = (
        f"Greater is better. The folds are of the training rows: {evaluation.primary}, mean and "
        "standard deviation."
        if validation.mean is not None
        else f"Greater is better. No cross-validation: {validation.reason}"
    )
    return section(
        "Metrics", table(headers[:width], [row[:width] for row in rows]), paragraph(note)
    )


def _data(evaluation: Evaluation) -> str:
    fitted = evaluation.fitted
    counts = facts(
        [
            ("Rows in the data", fitted.n_rows_in),
            ("Left out", fitted.n_rows_rejected),
            ("Training rows", fitted.n_rows_train),
            ("Holdout rows", fitted.n_rows_holdout),
            ("Holdout rows refused", evaluation.scored.n_rows - len(evaluation.scored.accepted)),
        ]
    )
    reasons = [(r.column, r.problem, r.n_rows) for r in fitted.reasons[:20]]
    return section(
        "Data",
        counts,
        f"<h3>Why rows were left out</h3>{table(('column', 'problem', 'rows'), reasons)}"
        if reasons
        else "",
    )


def _columns(evaluation: Evaluation) -> str:
    rows = [
        (column.name, column.type, _range(column), column.nullable, column.description)
        for column in evaluation.prepared.contract.columns
    ]
    headers = ("column", "type", "known values", "may be missing", "description")
    width = 5 if any(row[-1] for row in rows) else 4
    return section("Columns", table(headers[:width], [row[:width] for row in rows]))


def _range(column: Column) -> str:
    if isinstance(column, NumberColumn | IntegerColumn):
        return f"{shown(column.minimum)} to {shown(column.maximum)}"
    if isinstance(column, CategoryColumn):
        more = ", …" if len(column.categories) > MAX_CATEGORIES else ""
        return ", ".join(column.categories[:MAX_CATEGORIES]) + more
    return ""


def _importance(evaluation: Evaluation) -> str:
    result = importances(evaluation)
    title = "What the answers depend on"
    if not result.found:
        return section(title, paragraph(result.reason))
    names = [one.column for one in result.found]
    png = importance_plot(
        names, [one.mean for one in result.found], [one.std for one in result.found]
    )
    return section(
        title,
        figure(png, f"Fall of {evaluation.primary} when one column is shuffled, and its spread"),
        table(
            ("column", f"fall of {evaluation.primary}", "spread"),
            [(one.column, one.mean, one.std) for one in result.found],
        ),
    )


def _search(evaluation: Evaluation) -> str:
    rows = [
        (
            trial.rank,
            ", ".join(f"{name}={value}" for name, value in trial.parameters.items()),
            trial.mean,
            trial.std,
        )
        for trial in evaluation.fitted.trials
    ]
    return section("Search", table(("rank", "parameters", "mean", "spread"), rows)) if rows else ""


def _warnings(evaluation: Evaluation) -> str:
    said = "".join(f"<li>{text(warning)}</li>" for warning in evaluation.fitted.warnings)
    return section("Warnings of the fit", f"<ul>{said}</ul>") if said else ""


def _provenance(evaluation: Evaluation) -> str:
    data, fitted, subject = evaluation.data, evaluation.fitted, evaluation.subject
    code = fitted.code
    parameters = ", ".join(f"{name}={value}" for name, value in fitted.parameters.items())
    pairs: list[tuple[str, object]] = [
        ("Data", data.uri),
        ("SHA-256 of the data", data.sha256),
        ("Snapshot", data.snapshot_key),
        ("Estimator", fitted.estimator),
        ("Parameters", parameters or "the spec's own"),
        ("Seed", str(fitted.seed)),
        ("Seconds to fit", fitted.fit_seconds),
        ("Git commit", code.git_sha),
        ("Changes not committed", code.git_dirty),
        ("SHA-256 of the model's file", subject.code_sha256),
        ("SHA-256 of the declaration", subject.spec_sha256),
        ("SHA-256 of the lock file", code.lock_sha256),
        ("Python", python_version()),
        ("Libraries", ", ".join(f"{name} {v}" for name, v in libraries().items())),
    ]
    return section("Where it comes from", facts(pairs))
