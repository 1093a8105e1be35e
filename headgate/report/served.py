"""The section about what serves the version, and how that was proven."""

from headgate.documents.proof import SCIKIT_LEARN, Proof, WorstRow
from headgate.report.data import Evaluation
from headgate.report.markup import facts, paragraph, section, table


def served_section(evaluation: Evaluation) -> str:
    """Show which engine serves, the proof it rests on, its worst row and the times."""
    proof = evaluation.proof
    return section(
        "Served form",
        paragraph(_verdict(proof)),
        facts(_facts(proof)),
        *(paragraph(f"{note[0].upper()}{note[1:]}.") for note in proof.notes if note),
        _engines(proof),
        _times(proof),
    )


def _verdict(proof: Proof) -> str:
    if proof.uses_compiled:
        return (
            f"Served by the compiled form ({proof.engine}): on every row compared it answers as "
            "scikit-learn does."
        )
    word = "Proven" if proof.proven else "Not proven"
    return f"{word}: served by {SCIKIT_LEARN}, because {proof.reason}."


def _facts(proof: Proof) -> list[tuple[str, object]]:
    return [
        ("Holdout rows compared", proof.n_holdout_rows),
        ("Generated rows compared", proof.n_generated_rows),
        ("Answers with another label", proof.n_label_differences),
        ("Greatest difference", proof.max_difference),
        ("Allowed", proof.tolerance),
        ("Worst row", _worst(proof.worst_row)),
    ]


def _worst(worst: WorstRow | None) -> str | None:
    if worst is None:
        return None
    by = "" if worst.difference is None else f", by {worst.difference:.3g}"
    return f"{worst.source} row {worst.position} ({worst.kind}): {worst.problem}{by}"


def _engines(proof: Proof) -> str:
    rows = [
        (one.engine, one.proven, one.n_label_differences, one.max_difference, one.reason)
        for one in proof.tried
    ]
    headers = ("engine", "proven", "other labels", "greatest difference", "why not")
    return table(headers, rows) if rows else ""


def _times(proof: Proof) -> str:
    sizes = sorted({size for by in proof.timings_us.values() for size in by})
    if not sizes:
        return ""
    rows = [(engine, *(by.get(size) for size in sizes)) for engine, by in proof.timings_us.items()]
    headers = ("microseconds a call", *(f"{size:,} row{'s' if size > 1 else ''}" for size in sizes))
    return table(headers, rows)
