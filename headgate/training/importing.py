"""Model files from elsewhere: skops by the allow-list, pickles once and only if allowed."""

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from headgate.artifacts.persistence import load_estimator
from headgate.documents.rules import Rules
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError, NotFoundError, UsageError
from headgate.scoring.estimators import Estimator
from headgate.spec_loading import add_models_path
from headgate.store import Store
from headgate.training.recording import record_version

PICKLES = {".joblib", ".pkl", ".pickle"}
TIMEOUT_SECONDS = 300.0
# What a process needs to start; a pickle runs code, and other variables may hold secrets.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


class ImportFailedError(HeadgateError):
    """A model file could not be opened."""


def import_file(
    store: Store,
    model: str,
    path: Path,
    data_uri: str,
    target: str,
    *,
    allow_pickle: bool = False,
    trusted_types: Collection[str] = (),
    models_dirs: Sequence[Path] = (),
    rules: Rules | None = None,
    run_id: str | None = None,
    by: str = "unverified",
    purpose: str = "",
) -> Manifest:
    """Make a model file a version; all of ``data_uri`` is the holdout it is judged on.

    Raises:
        UsageError: if it is a pickle and ``allow_pickle`` is not set.
        UntrustedTypeError: if it names types that are not allowed here.
    """
    if models_dirs:
        add_models_path(models_dirs)
    estimator = open_model_file(
        path, allow_pickle=allow_pickle, trusted_types=trusted_types, models_dirs=models_dirs
    )
    return record_version(
        store,
        model,
        estimator,
        data_uri,
        target,
        rules=rules,
        run_id=run_id,
        by=by,
        purpose=purpose,
        origin="imported",
        models_dirs=models_dirs,
        trusted_types=trusted_types,
    )


def open_model_file(
    path: Path,
    *,
    allow_pickle: bool,
    trusted_types: Collection[str] = (),
    models_dirs: Sequence[Path] = (),
) -> Estimator:
    """Return the estimator in a file, loaded by the allow-list whatever the file's format.

    Raises:
        NotFoundError: if there is no such file.
        UsageError: if it is a pickle and they are not allowed, or of an unknown format.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}. Check its path.")
    ending = path.suffix.lower()
    if ending == ".skops":
        return load_estimator(path.read_bytes(), trusted_types)
    if ending not in PICKLES:
        raise UsageError(
            f"{path.name} is of no known format. Give a .skops file, or a .joblib, .pkl or .pickle "
            "file with --allow-pickle."
        )
    if not allow_pickle:
        raise UsageError(
            f"{path.name} is a pickle: opening it runs whatever code is in it. If you trust who "
            "made it, add --allow-pickle; it is opened once, in a process of its own, and kept "
            "as skops."
        )
    return load_estimator(_unpickled(path, models_dirs), trusted_types)


def _unpickled(path: Path, models_dirs: Sequence[Path]) -> bytes:
    """Return a pickle as skops bytes, written by a process that saw nothing of ours."""
    with TemporaryDirectory(prefix="headgate-import-") as folder:
        result = Path(folder) / "model.skops"
        command = [sys.executable, "-m", "headgate.training.unpickling", str(path), str(result)]
        command += [str(directory) for directory in models_dirs]
        try:
            done = subprocess.run(  # noqa: S603
                command,
                env=_environment(),
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ImportFailedError(
                f"{path.name} was not open after {TIMEOUT_SECONDS:.0f} seconds; gave up."
            ) from None
        if done.returncode != 0 or not result.is_file():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise ImportFailedError(
                f"{path.name} could not be opened: {last[:300]}. Use the libraries it was made "
                "with, and name the folder of its own classes in HEADGATE_MODELS_DIR."
            )
        return result.read_bytes()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
