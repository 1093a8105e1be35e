"""Accept a request for batch inference: once, durably, whatever crashes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pydantic import JsonValue, TypeAdapter, ValidationError

from headgate import versions
from headgate.documents.base import canonical_json, sha256_of
from headgate.documents.runs import InferBody, Request
from headgate.errors import ConflictError, IntegrityError, UsageError
from headgate.inference import markers
from headgate.inference.uris import check_outside, check_uri
from headgate.names import VersionRef, check_run_id, new_run_id
from headgate.runs import records as runs
from headgate.runs.status import read_facts
from headgate.store import Store

FLOW = "batch-infer"
MAX_KEY_LENGTH = 255

_BODY = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may hold; with ``roots``, where its local URIs may lie."""

    max_inline_rows: int = 10_000
    roots: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The request that is stored; ``created`` is False when it had been accepted before."""

    request: Request
    created: bool


class RunIdMismatchError(UsageError):
    """The body's run_id and the Idempotency-Key name different runs."""

    def __init__(self) -> None:
        super().__init__(
            "The body's run_id and the header Idempotency-Key are both given and differ. "
            "Send one of them, or the same text in both."
        )


class RunIdTakenError(ConflictError):
    """Something else was asked under this run_id before."""

    def __init__(self, run_id: str, flow: str) -> None:
        super().__init__(
            f"run_id {run_id!r} is taken by another {flow} request with a different body. "
            "Use another run_id or Idempotency-Key, or repeat the first body exactly."
        )


def accept(
    store: Store,
    body: InferBody,
    *,
    caller: str,
    idempotency_key: str | None,
    now: datetime,
    limits: Limits,
    submit: bool = True,
) -> Accepted:
    """Store a request and return it; when this returns, it will not be lost.

    Idempotent: the same body under the same run_id or key is the same request. First a pending
    marker is put, then the request. ``submit`` is False for a flow run that records its own
    request: then there is no marker and nothing else is started for it.

    Raises:
        UsageError: if the body cannot be used (RunIdMismatchError: two names for the run).
        RunIdTakenError: if something else was asked under this run_id.
        NotFoundError: if there is no such model or version, or no champion.
    """
    _check_body(body, limits, store.url)
    run_id = _run_id(body, caller, idempotency_key)
    canonical = _canonical(body)
    mine = Request(
        run_id=run_id,
        flow=FLOW,
        body=_BODY.validate_json(canonical),
        body_sha256=sha256_of(canonical),
        caller=caller,
        priority=body.priority,
        accepted_at=now,
        nonce=uuid4().hex,
    )
    stored = runs.read_request(store, run_id)
    if stored is None:
        # Only a new request: a repeated one is answered though its model has gone since.
        versions.resolve(store, _version_ref(body))
        stored = _record(store, mine, submit=submit)
    if (stored.flow, stored.body_sha256) != (mine.flow, mine.body_sha256):
        raise RunIdTakenError(run_id, stored.flow)
    created = stored.nonce == mine.nonce
    if submit and not created:
        _restore_marker(store, stored)
    return Accepted(stored, created)


def infer_body(request: Request) -> InferBody:
    """Return what a stored request asks.

    Raises:
        IntegrityError: if it is not a request for batch inference.
    """
    try:
        return InferBody.model_validate(request.body)
    except ValidationError as err:
        raise IntegrityError(
            f"Request {request.run_id!r} ({request.flow}) is not a batch inference that this "
            "Headgate can read. It was written by a newer one or altered; update this one."
        ) from err


def _check_body(body: InferBody, limits: Limits, store_url: str) -> None:
    if (body.instances is None) == (body.input_uri is None):
        found = "neither" if body.instances is None else "both"
        raise UsageError(
            f"A batch inference takes either instances or input_uri; the body has {found}. "
            "Send rows as instances, or one input_uri."
        )
    if body.instances is not None and not 0 < len(body.instances) <= limits.max_inline_rows:
        raise UsageError(
            f"instances holds {len(body.instances)} rows; it takes 1 to {limits.max_inline_rows}. "
            "Put more rows into a file and send its input_uri."
        )
    if body.input_uri is not None:
        check_input(body.input_uri, limits, store_url)
    if body.output_uri is not None:
        check_output(body.output_uri, limits, store_url)


def check_input(uri: str, limits: Limits, store_url: str) -> str:
    """Return an input a caller may name; with roots nothing of the store is read for it.

    Raises:
        UsageError: if it may not be opened.
    """
    check_uri(uri, "input_uri", limits.roots)
    return check_outside(uri, "input_uri", store_url, within=True) if limits.roots else uri


def check_output(uri: str, limits: Limits, store_url: str) -> str:
    """Return an output folder a caller may name; never one in the store.

    Raises:
        UsageError: if it may not be written.
    """
    check_uri(uri, "output_uri", limits.roots)
    return check_outside(uri, "output_uri", store_url)


def _run_id(body: InferBody, caller: str, idempotency_key: str | None) -> str:
    if idempotency_key is not None and not 0 < len(idempotency_key) <= MAX_KEY_LENGTH:
        raise UsageError(
            f"The Idempotency-Key has {len(idempotency_key)} characters; it takes 1 to "
            f"{MAX_KEY_LENGTH}. Send a shorter one, such as a UUID."
        )
    if body.run_id is not None:
        if idempotency_key not in {None, body.run_id}:
            raise RunIdMismatchError
        return check_run_id(body.run_id)
    if idempotency_key is None:
        return new_run_id()
    return run_id_of_key(caller, idempotency_key)


def run_id_of_key(caller: str, key: str) -> str:
    """Return the run_id that a caller's Idempotency-Key stands for."""
    return f"k-{sha256_of(_json([caller, key]))[:32]}"


def _canonical(body: InferBody) -> bytes:
    # Without defaults, so that a field added later does not change the hash of an old body.
    return _json(body.model_dump(exclude={"run_id"}, exclude_defaults=True))


def _json(value: JsonValue) -> bytes:
    try:
        return canonical_json(value)
    except ValueError as err:
        raise UsageError(
            "The request cannot be written as JSON: a number is not finite, or a text is not "
            "valid Unicode. Send null for a missing value."
        ) from err


def _version_ref(body: InferBody) -> VersionRef:
    return VersionRef.parse(f"{body.model}@{body.version or 'champion'}")


def _record(store: Store, mine: Request, *, submit: bool) -> Request:
    if not submit:
        return runs.record_request(store, mine)
    marker = markers.request_marker(mine)
    markers.put_marker(store, marker)
    stored = runs.record_request(store, mine)
    if markers.request_marker(stored) != marker:
        # Somebody else's request stands, with a marker of its own.
        store.delete(marker.key)
    elif store.head(marker.key) is None:
        # A submitter whose clock is far ahead took it for one left by a crash.
        markers.put_marker(store, marker)
    return stored


def _restore_marker(store: Store, stored: Request) -> None:
    if read_facts(store, stored.run_id).last_outcome is None:
        markers.put_marker(store, markers.request_marker(stored))
