"""Versions that are served by a compiled form, as training would have them made."""

from headgate.artifacts.files import COMPILED
from headgate.compiling import compile_forms
from headgate.documents.base import sha256_of
from headgate.documents.proof import Proof
from headgate.documents.version import Manifest, StoredFile
from headgate.names import new_run_id
from headgate.store import Store
from headgate.versions import commit_version
from tests.serve.making import Made, a_served_version


def a_proven_version(store: Store, model: str, made: Made) -> Manifest:
    """Commit a version that its compiled form answers for; the one before it is the same by
    scikit-learn."""
    plain = a_served_version(store, model, made)
    compiled = compile_forms(made.estimator, plain.input_form, made.contract, made.classes)
    assert compiled.problems == ()
    data = compiled.forms[0].to_bytes()
    run_id = new_run_id()
    key = f"models/{model}/artifacts/{run_id}/1/{COMPILED}"
    assert store.put_if_absent(key, data)
    file = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    proof = Proof(proven=True, engine=compiled.forms[0].engine, tolerance=1e-6)
    files = {**plain.files, COMPILED: file}
    return commit_version(
        store, plain.model_copy(update={"run_id": run_id, "files": files, "proof": proof})
    )
