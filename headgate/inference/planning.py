"""Freeze what a batch inference will do, before its first part."""

from collections.abc import Iterator
from datetime import datetime

from headgate.documents.runs import InferBody, Plan, PlannedPart, Request
from headgate.documents.version import Manifest
from headgate.errors import ConflictError, UsageError
from headgate.inference.accepting import infer_body
from headgate.inference.input_files import InputFile, list_files
from headgate.inference.plans import INLINE, open_output, plan_key, read_plan
from headgate.inference.tables import count_rows, memory_bytes
from headgate.store import Store, prove_put_if_absent

MAX_PART_ROWS = 20_000
# What a part's rows may take in memory as they are read, and as they are written.
READ_BYTES = 64 * 1024 * 1024
WRITTEN_BYTES = 32 * 1024 * 1024
ROW_BYTES = 256
CLASS_BYTES = 8
CLAIM = "_plan.json"


def make_plan(
    store: Store, request: Request, manifest: Manifest, manifest_sha256: str, now: datetime
) -> Plan:
    """Plan a request in parts that fit into memory, and return the plan that counts.

    The first plan written wins, and everybody uses what is stored. ``manifest`` is the version to
    use (`plans.version_to_use`).

    Raises:
        UsageError: if the input is empty or cannot be read; the sentence names file and line.
        NotFoundError: if there is no input.
        ConflictError: if the output folder holds another run of the same run_id.
    """
    plan = read_plan(store, request.run_id)
    if plan is None:
        mine = _plan(request, manifest, manifest_sha256, now)
        if mine.output_uri:
            prove_put_if_absent(open_output(store, mine).store)
        store.put_if_absent(plan_key(mine.run_id), mine.to_bytes())
        plan = Plan.from_bytes(store.get(plan_key(mine.run_id)), plan_key(mine.run_id))
    if plan.output_uri:
        _claim(store, plan)
    return plan


def _plan(request: Request, manifest: Manifest, manifest_sha256: str, now: datetime) -> Plan:
    body = infer_body(request)
    n_written = WRITTEN_BYTES // (ROW_BYTES + CLASS_BYTES * len(manifest.classes or ()))
    parts = tuple(_parts(body, min(MAX_PART_ROWS, max(n_written, 1))))
    return Plan(
        run_id=request.run_id,
        model=manifest.model,
        version=manifest.version,
        manifest_sha256=manifest_sha256,
        input_uri=body.input_uri or INLINE,
        output_uri=body.output_uri or "",
        planned_at=now,
        n_rows=sum(part.stop - part.start for part in parts),
        parts=parts,
    )


def _parts(body: InferBody, max_rows: int) -> Iterator[PlannedPart]:
    if body.input_uri is None:
        yield from _cut(0, INLINE, len(body.instances or ()), max_rows)
        return
    number = 0
    for file in list_files(body.input_uri):
        n_rows = count_rows(file.uri)
        for part in _cut(number, file.uri, n_rows, min(max_rows, _readable(file, n_rows))):
            yield part
            number += 1
    if number == 0:
        raise UsageError(f"The input {body.input_uri} has no rows. Give at least one row.")


def _readable(file: InputFile, n_rows: int) -> int:
    """Return how many rows of a file are read at a time."""
    row_bytes = memory_bytes(file.uri, file.size) // max(n_rows, 1) + 1
    return max(READ_BYTES // row_bytes, 1)


def _cut(number: int, uri: str, n_rows: int, max_rows: int) -> Iterator[PlannedPart]:
    for start in range(0, n_rows, max_rows):
        stop = min(start + max_rows, n_rows)
        yield PlannedPart(number=number, uri=uri, start=start, stop=stop)
        number += 1


def _claim(store: Store, plan: Plan) -> None:
    """Mark the output folder as this plan's: a part found there later is then one of ours."""
    output = open_output(store, plan)
    if not output.store.put_if_absent(output.key(CLAIM), plan.to_bytes()):
        raise ConflictError(
            f"Output {output.uri} holds the parts of another run of run_id {plan.run_id!r}, made "
            "from another store. Ask again with another run_id or output_uri."
        )
