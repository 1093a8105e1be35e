"""Reading training data once, and giving every later step the same rows."""

import io

import pandas as pd
import pyarrow as pa

from headgate.artifacts.files import cut, read_from
from headgate.data.fingerprints import frame_sha256
from headgate.data.sources import Frame, read_frame
from headgate.documents.base import sha256_of
from headgate.documents.version import StoredFile
from headgate.errors import ConflictError, IntegrityError, UsageError
from headgate.spec import ModelSpec, Snapshot
from headgate.store import Store
from headgate.training.refs import DataRef

MAX_SNAPSHOT_BYTES = 1024**3


def load_data(store: Store, spec: ModelSpec, data_uri: str | None = None) -> DataRef:
    """Read the data of a training, and keep a snapshot by content where the spec wants one.

    Raises:
        NotFoundError: if nothing is there.
        UsageError: if it is no table, or cannot be kept as Parquet.
    """
    frame = read_frame(spec.source if data_uri is None else data_uri)
    ref = keep_frame(store, frame, spec.snapshot)
    if spec.split.holdout_uri is None:
        return ref
    holdout = keep_frame(store, read_frame(spec.split.holdout_uri), spec.snapshot)
    return ref.model_copy(update={"holdout": holdout})


def open_data(
    store: Store, spec: ModelSpec, ref: DataRef, data_uri: str | None = None
) -> tuple[Frame, Frame | None]:
    """Return the rows a reference means, and those of the frozen holdout if there is one.

    ``data_uri`` is where they are read again without a snapshot; without it the spec's source.

    Raises:
        ConflictError: if there is no snapshot and the data have changed meanwhile.
        IntegrityError: if the snapshot is not what was recorded.
    """
    frame = open_frame(store, ref, spec.source if data_uri is None else data_uri)
    if ref.holdout is None or spec.split.holdout_uri is None:
        return frame, None
    return frame, open_frame(store, ref.holdout, spec.split.holdout_uri)


def keep_frame(store: Store, frame: Frame, policy: Snapshot) -> DataRef:
    """Describe rows by content, and store them under it unless the policy says no."""
    digest = frame_sha256(frame.frame)
    ref = DataRef(uri=frame.uri, sha256=digest, n_rows=len(frame.frame), textual=frame.textual)
    if not _is_kept(frame.frame, policy):
        return ref
    key = f"snapshots/{digest}.parquet"
    files = _store_snapshot(store, key, _parquet(frame))
    kept = ref.model_copy(update={"snapshot_key": key, "files": files})
    _check_same(_read_snapshot(store, kept), kept)
    return kept


def open_frame(store: Store, ref: DataRef, source: object) -> Frame:
    """Return the rows a reference means: from its snapshot, else from where they were read."""
    if ref.files:
        return _read_snapshot(store, ref)
    frame = read_frame(source)  # type: ignore[arg-type]
    if frame_sha256(frame.frame) != ref.sha256:
        raise ConflictError(
            f"{ref.uri} has changed since this run read it first, and no snapshot was kept. Start "
            "another run, or set the spec's snapshot to 'always'."
        )
    return frame


def _is_kept(frame: pd.DataFrame, policy: Snapshot) -> bool:
    if policy != "under_1gb":
        return policy == "always"
    return int(frame.memory_usage(index=False, deep=True).sum()) < MAX_SNAPSHOT_BYTES


def _parquet(frame: Frame) -> bytes:
    written = io.BytesIO()
    try:
        frame.frame.to_parquet(written, index=False, compression="zstd")
    except (pa.ArrowException, TypeError, ValueError) as err:
        raise UsageError(
            f"{frame.uri} cannot be kept as Parquet: {str(err).splitlines()[0][:200]}. Give each "
            "column one type in source(), or set the spec's snapshot to 'never'."
        ) from err
    return written.getvalue()


def _store_snapshot(store: Store, key: str, data: bytes) -> dict[str, StoredFile]:
    """Put a snapshot; where an equal one is there in other bytes, that one is used."""
    files = {}
    for name, part in cut(key, data).items():
        stored = part if store.put_if_absent(name, part) else store.get(name)
        files[name] = StoredFile(key=name, size=len(stored), sha256=sha256_of(stored))
    return files


def _read_snapshot(store: Store, ref: DataRef) -> Frame:
    data = read_from(store, ref.files, ref.snapshot_key or "", ref.uri)
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError) as err:
        raise IntegrityError(
            f"Snapshot {ref.snapshot_key!r} cannot be read as Parquet. Remove it and run again."
        ) from err
    return Frame(frame, ref.uri, ref.textual)


def _check_same(frame: Frame, ref: DataRef) -> None:
    if frame_sha256(frame.frame) != ref.sha256:
        raise IntegrityError(
            f"Snapshot {ref.snapshot_key!r} does not hold the rows that were read from {ref.uri}. "
            "Give each column one plain type in source(), or set the spec's snapshot to 'never'."
        )
