"""Reading training data once per run."""

from prefect.logging import get_run_logger

from headgate.artifacts.files import verify_ref
from headgate.spec_loading import load_spec
from headgate.training import loading
from headgate.training.refs import DataRef
from tasks import opening
from tasks.caching import once_per_run, verified


@once_per_run
def _load_data(run_id: str, model: str, data: str | None) -> DataRef:  # noqa: ARG001 - of the cache key
    """Read the model's data, from ``data`` or its spec's source, and keep them by content."""
    spec = load_spec(model, opening.settings().models_dirs).spec
    ref = loading.load_data(opening.store(), spec, data)
    get_run_logger().info("%d rows of %s, content %.12s", ref.n_rows, ref.uri, ref.sha256)
    return ref


def _is_whole(ref: DataRef) -> bool:
    refs = [ref] if ref.holdout is None else [ref, ref.holdout]
    return all(verify_ref(opening.store(), each.files) for each in refs)


load_data = verified(_load_data, _is_whole)
