"""From a manifest to what serves it: the proven compiled form, else scikit-learn."""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from headgate.artifacts.files import COMPILED, read_contract, read_file, read_golden
from headgate.compiled import read_form
from headgate.documents.proof import NEVER_TRIED
from headgate.documents.version import Manifest
from headgate.errors import UnreachableError
from headgate.scoring.compiled import CompiledScorer
from headgate.scoring.golden import check_golden
from headgate.scoring.rows import RowScorer
from headgate.store import Reader
from headgate.store.port import StoreFailedError

logger = logging.getLogger(__name__)

MAX_REASON = 300


def load_scorer(
    store: Reader,
    manifest: Manifest,
    *,
    trusted_types: Collection[str] = (),
    models_dirs: Sequence[Path] = (),
) -> RowScorer:
    """Return what serves a version, after it has reproduced its golden rows.

    A proven form is loaded without scikit-learn and pandas. If it cannot be, scikit-learn answers,
    the log says so, and so does the scorer's ``engine_reason``.

    Raises:
        IntegrityError: if a file is not what was recorded, or golden rows are not reproduced.
        UntrustedTypeError: if scikit-learn has to answer and the artifact's types are not allowed.
        UnreachableError: if the store cannot be reached.
    """
    proof = manifest.proof
    if proof is None:
        return _by_scikit_learn(store, manifest, trusted_types, models_dirs, NEVER_TRIED)
    if not proof.uses_compiled:
        return _by_scikit_learn(store, manifest, trusted_types, models_dirs, proof.reason)
    try:
        return load_compiled(store, manifest)
    except (UnreachableError, StoreFailedError):
        raise
    # Damaged, or a library it needs is not here: the version answers all the same.
    except Exception as err:
        logger.exception(
            "%s@%s: the compiled form was not loaded; scikit-learn answers",
            manifest.model,
            manifest.version,
        )
        reason = f"the proven form was not loaded: {type(err).__name__}: {str(err)[:MAX_REASON]}"
        return _by_scikit_learn(store, manifest, trusted_types, models_dirs, reason)


def load_compiled(store: Reader, manifest: Manifest) -> CompiledScorer:
    """Return a version's compiled form, after it has reproduced the golden rows.

    Raises:
        IntegrityError: if a file is not what was recorded, or golden rows are not reproduced.
    """
    scorer = CompiledScorer(
        model=manifest.model,
        version=manifest.version,
        contract=read_contract(store, manifest),
        rules=manifest.rules,
        classes=manifest.classes,
        form=read_form(read_file(store, manifest, COMPILED)),
    )
    check_golden(scorer, read_golden(store, manifest))
    return scorer


def _by_scikit_learn(
    store: Reader,
    manifest: Manifest,
    trusted_types: Collection[str],
    models_dirs: Sequence[Path],
    reason: str | None,
) -> RowScorer:
    # A process that serves proven forms only never comes here, and stays without these libraries.
    from headgate.artifacts.loading import load_version

    return load_version(
        store, manifest, trusted_types=trusted_types, models_dirs=models_dirs, reason=reason
    )
