"""From a manifest to a scorer: verified bytes, allowed types, reproduced golden rows."""

import logging
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path

from headgate.artifacts.files import MODEL, read_contract, read_file, read_golden
from headgate.artifacts.persistence import load_estimator
from headgate.documents.version import Manifest
from headgate.errors import IntegrityError
from headgate.scoring.estimators import classes_of
from headgate.scoring.golden import check_golden
from headgate.scoring.scorer import Scorer
from headgate.spec_loading import add_models_path
from headgate.store import Reader

__all__ = ["load_version", "read_file"]

logger = logging.getLogger(__name__)

LIBRARY = "scikit-learn"


def load_version(
    store: Reader,
    manifest: Manifest,
    *,
    trusted_types: Collection[str] = (),
    models_dirs: Sequence[Path] = (),
    reason: str | None = None,
) -> Scorer:
    """Return the scorer of a version, after it has reproduced its golden rows.

    ``models_dirs`` are where types of the team's own (``models.churn.Ratio``) are imported from;
    ``reason`` is why scikit-learn answers, as the scorer tells it.

    Raises:
        IntegrityError: if a file is not what was recorded, or golden rows are not reproduced.
        UntrustedTypeError: if the artifact names a type that is not allowed here.
    """
    if models_dirs:
        add_models_path(models_dirs)
    _compare_library(manifest)
    scorer = Scorer(
        model=manifest.model,
        version=manifest.version,
        contract=read_contract(store, manifest),
        rules=manifest.rules,
        classes=manifest.classes,
        input_form=manifest.input_form,
        estimator=load_estimator(read_file(store, manifest, MODEL), trusted_types),
        reason=reason,
    )
    _check_classes(scorer)
    check_golden(scorer, read_golden(store, manifest))
    return scorer


def _check_classes(scorer: Scorer) -> None:
    """Refuse an estimator whose classes are not the manifest's: its indices mean other answers."""
    own = classes_of(scorer.estimator)
    if scorer.classes is not None and own is not None and own != scorer.classes:
        raise IntegrityError(
            f"The estimator of {scorer.model}@{scorer.version} has the classes {own}, its manifest "
            f"{scorer.classes}. One of them was altered; restore them from a backup."
        )


def _compare_library(manifest: Manifest) -> None:
    made_with = manifest.provenance.libraries.get(LIBRARY)
    here = version(LIBRARY)
    if made_with is None or made_with.split(".")[:2] == here.split(".")[:2]:
        return
    logger.warning(
        "%s@%s was made with %s %s and is loaded with %s; its golden rows decide.",
        manifest.model,
        manifest.version,
        LIBRARY,
        made_with,
        here,
    )
