"""The result of a batch inference as an API answers it."""

import json

from pydantic import JsonValue

from headgate.documents.base import Frozen, sha256_of
from headgate.documents.runs import InferenceResult
from headgate.documents.version import StoredFile
from headgate.errors import ConflictError, IntegrityError, NotFoundError
from headgate.inference.plans import Output, open_output, read_plan, result_key
from headgate.runs.status import RunFacts, read_facts
from headgate.store import Store

MAX_ROWS = 10_000


class PredictionRow(Frozen):
    """The answer to one row of the input, counted from 0."""

    row_id: int
    prediction: str | bool | int | float | None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    flags: tuple[str, ...] = ()


class RejectedRow(Frozen):
    """A row that got no answer, and why."""

    row_id: int
    reasons: tuple[str, ...]


class ResultBody(Frozen):
    """The result; rows stand in it when they are few, else only in ``parts`` (Parquet).

    ``parts`` and ``rejected_parts`` are paths or ``s3://`` URIs.
    """

    run_id: str
    model: str
    version: str
    n_rows_in: int
    n_rows_out: int
    n_rows_rejected: int
    inlined: bool
    predictions: tuple[PredictionRow, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    output_uri: str
    parts: tuple[str, ...]
    rejected_parts: tuple[str, ...] = ()


class NoResultError(ConflictError):
    """The run has no result: not yet, or it will never have one."""

    def __init__(self, run_id: str, found: str) -> None:
        super().__init__(
            f"Run {run_id!r} has no result: {found}. Ask for its status: headgate status {run_id}"
        )


class ResultGoneError(NotFoundError):
    """The rows were removed by retention."""

    def __init__(self, run_id: str, key: str) -> None:
        super().__init__(
            f"The rows of run {run_id!r} are gone: retention or somebody removed {key!r}. What is "
            "known of the run is in its status; ask again under a new run_id."
        )


def read_result(store: Store, run_id: str, *, max_rows: int = MAX_ROWS) -> ResultBody:
    """Return a completed run's result, with its rows if the input had at most ``max_rows``.

    Raises:
        NoResultError: if the run has not completed.
        ResultGoneError: if its rows were removed.
        RunNotFoundError: if nothing is known under this run_id.
    """
    facts = read_facts(store, run_id)
    data, plan = store.find(result_key(run_id)), read_plan(store, run_id)
    outcome = facts.last_outcome
    if outcome is None or outcome.kind != "completed" or data is None or plan is None:
        raise NoResultError(run_id, _why_none(facts))
    result = InferenceResult.from_bytes(data, result_key(run_id))
    output = open_output(store, plan)
    files = [part.file for part in result.parts]
    rejected = [part.rejected_file for part in result.parts if part.rejected_file]
    _check_present(output, run_id, [*files, *rejected])
    inlined = result.n_rows_in <= max_rows
    return ResultBody(
        **result.model_dump(include={"run_id", "model", "version", "output_uri"}),
        n_rows_in=result.n_rows_in,
        n_rows_out=result.n_rows_out,
        n_rows_rejected=result.n_rows_rejected,
        inlined=inlined,
        predictions=tuple(
            row for file in files if inlined for row in _answers(_read(output, run_id, file))
        ),
        rejected=tuple(
            row for file in rejected if inlined for row in _rejected(_read(output, run_id, file))
        ),
        parts=tuple(output.store.uri(file.key) for file in files),
        rejected_parts=tuple(output.store.uri(file.key) for file in rejected),
    )


def _why_none(facts: RunFacts) -> str:
    outcome = facts.last_outcome
    if outcome is None:
        return "it has not ended"
    if outcome.kind == "completed":
        return f"it is a {outcome.flow} run, not a batch inference"
    return f"it is {outcome.kind} ({outcome.reason})" if outcome.reason else f"it is {outcome.kind}"


def _check_present(output: Output, run_id: str, files: list[StoredFile]) -> None:
    for file in files:
        if output.store.head(file.key) is None:
            raise ResultGoneError(run_id, file.key)


def _read(output: Output, run_id: str, file: StoredFile) -> bytes:
    data = output.store.find(file.key)
    if data is None:
        raise ResultGoneError(run_id, file.key)
    if sha256_of(data) != file.sha256:
        raise IntegrityError(
            f"{file.key!r} is not what was recorded: its SHA-256 is {sha256_of(data):.12}… instead "
            f"of {file.sha256:.12}…. It was altered or damaged; ask again under a new run_id."
        )
    return data


def _answers(data: bytes) -> list[PredictionRow]:
    # Arrow takes 40 MB; a service that only predicts never reads a result.
    from headgate.inference.part_files import CLASSES, decode

    table = decode(data)
    labels: JsonValue = json.loads(table.schema.metadata[CLASSES])
    names = [str(label) for label in labels] if isinstance(labels, list) else []
    wanted = ["row_id", "prediction", "confidence", "probabilities", "flags"]
    return [
        PredictionRow(
            row_id=row["row_id"],
            prediction=row["prediction"],
            confidence=row["confidence"],
            probabilities=_named(names, row["probabilities"]),
            flags=tuple(row["flags"] or ()),
        )
        for row in table.select(wanted).to_pylist()
    ]


def _named(names: list[str], probabilities: list[float] | None) -> dict[str, float] | None:
    return None if probabilities is None else dict(zip(names, probabilities, strict=True))


def _rejected(data: bytes) -> list[RejectedRow]:
    from headgate.inference.part_files import decode

    return [
        RejectedRow(row_id=row["row_id"], reasons=tuple(row["reasons"]))
        for row in decode(data).to_pylist()
    ]
