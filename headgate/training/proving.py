"""Compile and prove a model that is stored but no version yet, once for each attempt."""

import logging
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from headgate.artifacts.files import COMPILED
from headgate.compiling import Compiled, compile_forms
from headgate.contract import Contract
from headgate.data.holdout import Holdout
from headgate.documents.base import Document, sha256_of
from headgate.documents.proof import Proof
from headgate.documents.version import InputForm, StoredFile
from headgate.proving.material import Material, Proven, not_proven
from headgate.proving.prove import prove
from headgate.proving.rows import Rows
from headgate.scoring.estimators import ClassValue
from headgate.scoring.golden import GoldenRows
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from headgate.training.prepare import Prepared
from headgate.training.refs import FitRef
from headgate.training.writing import Place, write_files

LOG = logging.getLogger(__name__)

PROOF = "proof.json"
MAX_SEEN = 20_000

Compile = Callable[[Any, InputForm, Contract, tuple[ClassValue, ...] | None], Compiled]


class StoredProof(Document):
    """``proof.json``: what an attempt proved, and the files of the form that serves.

    Timings differ from one proof to the next; an attempt that is taken up again finds this.
    """

    schema_version: Literal[1] = 1
    proof: Proof
    files: dict[str, StoredFile] = {}


def proven_form(
    store: Store,
    place: Place,
    scorer: Scorer,
    material: Material,
    *,
    compile_forms: Compile = compile_forms,
) -> StoredProof:
    """Return the proof of an attempt's model after storing it, and the form if one serves.

    Whatever is wrong with a form, the model goes on: it is then served by scikit-learn, and the
    proof says why.
    """
    key = place.key(PROOF)
    known = store.find(key)
    if known is not None:
        return StoredProof.from_bytes(known, key)
    proven = _tried(scorer, material, compile_forms)
    LOG.info("model=%s served by=%s %s", scorer.model, proven.proof.engine, proven.proof.reason)
    made = StoredProof(proof=proven.proof, files=_kept(store, place, proven.compiled))
    if store.put_if_absent(key, made.to_bytes()):
        return made
    return StoredProof.from_bytes(store.get(key), key)


def material_of(prepared: Prepared, fitted: FitRef, golden: GoldenRows) -> Material:
    """Return what a model is proven on: its holdout, and rows varied from its training rows.

    A model that came fitted has no training rows here; its holdout takes their place.
    """
    holdout = prepared.holdout
    seen = prepared.training_rows if prepared.is_train.any() else holdout
    if seen.n_rows > MAX_SEEN:
        rng = np.random.default_rng(fitted.seed)
        seen = seen.take(np.sort(rng.choice(seen.n_rows, MAX_SEEN, replace=False)).tolist())
    regresses = fitted.classes is None
    return Material(
        holdout=_rows(holdout, "holdout"),
        seen=_rows(seen, "seen"),
        golden=golden,
        spread=float(np.std(np.array(prepared.targets))) if regresses else None,
        seed=fitted.seed,
    )


def _tried(scorer: Scorer, material: Material, compile_forms: Compile) -> Proven:
    try:
        compiled = compile_forms(
            scorer.estimator, scorer.input_form, scorer.contract, scorer.classes
        )
        return prove(scorer, compiled.forms, compiled.problems, material)
    # A faster form is a gift: no failure of it may cost the training.
    except Exception as err:
        LOG.exception("model=%s: proving failed; scikit-learn serves", scorer.model)
        # Not the error's text, which may quote a row.
        return not_proven(f"proving failed with {type(err).__name__}", material.tolerance)


def _kept(store: Store, place: Place, compiled: bytes | None) -> dict[str, StoredFile]:
    """Store a form under a key of its own content: a repeated proof may choose another."""
    if compiled is None:
        return {}
    prefix = f"{sha256_of(compiled)[:16]}."
    written = write_files(store, place, {f"{prefix}{COMPILED}": compiled})
    return {name.removeprefix(prefix): file for name, file in written.items()}


def _rows(rows: Holdout, kind: str) -> Rows:
    return Rows(rows.values, [kind] * rows.n_rows)
