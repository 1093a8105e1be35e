"""Score one part of a plan: whole or not at all, and never twice."""

from contextlib import nullcontext

from headgate.documents.base import canonical_json, sha256_of
from headgate.documents.runs import PartManifest, Plan, PlannedPart
from headgate.documents.version import StoredFile
from headgate.errors import HeadgateError, IntegrityError
from headgate.inference.accepting import infer_body
from headgate.inference.part_files import count_encoded, encode_answers, encode_rejected
from headgate.inference.plans import (
    INLINE,
    Output,
    first_row_id,
    open_output,
    part_name,
    read_part,
)
from headgate.inference.reading import RowReader
from headgate.runs import records as runs
from headgate.runs.status import RunNotFoundError
from headgate.scoring.answers import Scored
from headgate.scoring.rows import RowScorer
from headgate.store import Store

MAX_PART_BYTES = 64 * 1024 * 1024


def score_part(
    store: Store,
    plan: Plan,
    part: PlannedPart,
    scorer: RowScorer,
    *,
    reader: RowReader | None = None,
    output: Output | None = None,
) -> PartManifest:
    """Read, score and store a part; return its manifest, whose presence completes it.

    A complete part is returned without work. Two runners of one part end with one result. A
    ``reader`` kept from part to part, and the ``output``, spare opening them again.

    Raises:
        UsageError: if the input cannot be read any more.
        HeadgateError: if the scorer is another version's, or a part is too large.
    """
    output = output or open_output(store, plan)
    done = read_part(output, part.number)
    if done is not None:
        return done
    _check_scorer(plan, scorer)
    scored = _score(store, plan, part, scorer, reader)
    return _store(output, plan, part, scored)


def _check_scorer(plan: Plan, scorer: RowScorer) -> None:
    if (scorer.model, scorer.version) != (plan.model, plan.version):
        raise HeadgateError(
            f"Run {plan.run_id!r} is planned with {plan.model}@{plan.version}, but the model that "
            f"is loaded is {scorer.model}@{scorer.version}. Load the planned version."
        )


def _score(
    store: Store, plan: Plan, part: PlannedPart, scorer: RowScorer, reader: RowReader | None
) -> Scored:
    if part.uri == INLINE:
        request = runs.read_request(store, plan.run_id)
        if request is None:
            raise RunNotFoundError(plan.run_id)
        rows_asked = (infer_body(request).instances or ())[part.start : part.stop]
        return scorer.score(rows_asked, isolate=True)
    # Only the contract's columns: a file may hold others, such as an id or the target.
    wanted = scorer.contract.names
    with RowReader() if reader is None else nullcontext(reader) as opened:
        rows = opened.read(part.uri, part.start, part.stop, wanted)
    return scorer.score_columns(rows.columns, rows.n_rows, textual=rows.textual, isolate=True)


def _store(output: Output, plan: Plan, part: PlannedPart, scored: Scored) -> PartManifest:
    first, name = first_row_id(plan, part), part_name(part.number)
    answers = encode_answers(plan, first, scored, canonical_json(list(scored.labels)))
    file, n_rows_out = _put(output, f"{name}.parquet", answers)
    rejected_file, n_rows_rejected = None, 0
    if scored.errors:
        rejected = encode_rejected(first, scored)
        rejected_file, n_rows_rejected = _put(output, f"{name}.rejected.parquet", rejected)
    if n_rows_out + n_rows_rejected != scored.n_rows:
        raise IntegrityError(
            f"Part {part.number} of run {plan.run_id!r} has {scored.n_rows} rows, but "
            f"{n_rows_out} answers and {n_rows_rejected} rejected rows are stored at "
            f"{output.uri}. Ask again with another run_id."
        )
    mine = PartManifest(
        run_id=plan.run_id,
        number=part.number,
        n_rows_in=scored.n_rows,
        n_rows_out=n_rows_out,
        n_rows_rejected=n_rows_rejected,
        file=file,
        rejected_file=rejected_file,
    )
    output.store.put_if_absent(output.key(f"{name}.json"), mine.to_bytes())
    return read_part(output, part.number) or mine


def _put(output: Output, name: str, data: bytes) -> tuple[StoredFile, int]:
    """Store a part's file and return what is stored, and the number of its rows.

    An earlier runner's file is kept: on another machine the last digits may differ.
    """
    key = output.key(name)
    if len(data) > MAX_PART_BYTES:
        raise HeadgateError(
            f"{name} would be {len(data)} bytes; a part is at most {MAX_PART_BYTES}. The reasons "
            "or probabilities of its rows are too large: correct the input, or split it into "
            "smaller files."
        )
    stored = data if output.store.put_if_absent(key, data) else output.store.get(key)
    return StoredFile(key=key, size=len(stored), sha256=sha256_of(stored)), count_encoded(stored)
