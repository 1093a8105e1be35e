"""The one result of a batch inference, once every part is complete."""

from headgate.documents.base import sha256_of
from headgate.documents.runs import InferenceResult, PartManifest, Plan
from headgate.documents.version import StoredFile
from headgate.errors import HeadgateError, IntegrityError
from headgate.inference.cancelling import check_not_cancelled
from headgate.inference.part_files import decode
from headgate.inference.plans import Output, open_output, read_part, result_key
from headgate.store import Store

SUCCESS = "_SUCCESS"


class NothingAcceptedError(HeadgateError):
    """Every row of the input was rejected."""

    def __init__(self, n_rows: int, reasons: str, output_uri: str) -> None:
        super().__init__(
            f"All {n_rows} rows were rejected; the first one because: {reasons}. Correct the "
            f"input; every row's reasons are in the files *.rejected.parquet at {output_uri}."
        )


def finish(store: Store, plan: Plan) -> InferenceResult:
    """Check that every row in is a row out or a rejected row, and store the result.

    Idempotent; the first result written is the one returned.

    Raises:
        HeadgateError: if parts are missing.
        CancelledRunError: if the run was cancelled; it gets no result then.
        IntegrityError: if a part's file is gone, or the counts do not add up.
        NothingAcceptedError: if every row was rejected.
    """
    output = open_output(store, plan)
    parts = _parts(output, plan)
    mine = InferenceResult(
        run_id=plan.run_id,
        model=plan.model,
        version=plan.version,
        output_uri=output.uri,
        n_rows_in=sum(part.n_rows_in for part in parts),
        n_rows_out=sum(part.n_rows_out for part in parts),
        n_rows_rejected=sum(part.n_rows_rejected for part in parts),
        parts=parts,
    )
    _check_counts(plan, mine)
    if mine.n_rows_out == 0:
        raise NothingAcceptedError(mine.n_rows_in, _first_reasons(output, parts), output.uri)
    check_not_cancelled(store, plan.run_id)
    if plan.output_uri:
        output.store.put_if_absent(output.key(SUCCESS), mine.to_bytes())
    key = result_key(plan.run_id)
    store.put_if_absent(key, mine.to_bytes())
    return InferenceResult.from_bytes(store.get(key), key)


def _parts(output: Output, plan: Plan) -> tuple[PartManifest, ...]:
    found = [read_part(output, part.number) for part in plan.parts]
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(plan.parts):
        missing = [str(i) for i, part in enumerate(found) if part is None]
        raise HeadgateError(
            f"Run {plan.run_id!r} cannot end: {len(missing)} of {len(plan.parts)} parts are not "
            f"complete ({', '.join(missing[:10])}). Retry it; complete parts are kept."
        )
    gone = [file.key for part in parts for file in _files(part) if not _is_there(output, file)]
    if gone:
        raise IntegrityError(
            f"Run {plan.run_id!r} cannot end: of {output.uri} these are gone or of another size: "
            f"{', '.join(gone[:10])}. Ask again with another run_id."
        )
    return parts


def _files(part: PartManifest) -> list[StoredFile]:
    return [part.file] if part.rejected_file is None else [part.file, part.rejected_file]


def _is_there(output: Output, file: StoredFile) -> bool:
    info = output.store.head(file.key)
    return info is not None and info.size == file.size


def _check_counts(plan: Plan, result: InferenceResult) -> None:
    planned = [part.stop - part.start for part in plan.parts]
    counted = [part.n_rows_in for part in result.parts]
    wrong = [
        part.number
        for part, n_rows in zip(result.parts, planned, strict=True)
        if n_rows != part.n_rows_in or n_rows != part.n_rows_out + part.n_rows_rejected
    ]
    if wrong or sum(counted) != plan.n_rows:
        raise IntegrityError(
            f"Run {plan.run_id!r} was planned for {plan.n_rows} rows, but its parts hold "
            f"{result.n_rows_in} in, {result.n_rows_out} out and {result.n_rows_rejected} "
            f"rejected (parts {wrong[:10]}). Ask again with another run_id."
        )


def _first_reasons(output: Output, parts: tuple[PartManifest, ...]) -> str:
    file = parts[0].rejected_file
    data = output.store.find(file.key) if file else None
    if file is None or data is None or sha256_of(data) != file.sha256:
        return "unknown"
    return "; ".join(decode(data).column("reasons")[0].as_py())[:500]
