import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from headgate.compiled import CompiledForm
from headgate.compiling import compile_forms
from headgate.contract import CategoryColumn, Contract, NumberColumn
from headgate.scoring.answers import ScoringError
from headgate.scoring.scorer import build_input

CONTRACT = Contract(
    columns=(
        NumberColumn(name="n", nullable=True),
        CategoryColumn(name="c", categories=("x", "y"), nullable=True, policy="flag"),
    )
)
Values = dict[str, list[object]]
VALUES: Values = {"n": [1.0, 2.0, 3.0, 4.0], "c": ["x", "y", "x", "y"]}
TARGETS = np.array(["a", "a", "b", "b"])


def compiled(numbers: object, learner: object) -> CompiledForm:
    columns = ColumnTransformer([("n", numbers, ["n"]), ("c", OneHotEncoder(), ["c"])])
    X = build_input("frame", CONTRACT, VALUES, 4)
    estimator = make_pipeline(columns, learner).fit(X, TARGETS)
    (form,) = compile_forms(estimator, "frame", CONTRACT, ("a", "b")).forms
    return form


def test_what_the_encoder_refuses_is_refused() -> None:
    form = compiled("passthrough", LogisticRegression())

    for unknown in ("unseen", "", None):
        with pytest.raises(ScoringError, match="does not know"):
            form.outputs({"n": [1.0], "c": [unknown]}, 1)


def test_what_the_trees_refuse_is_refused() -> None:
    X = build_input("matrix", Contract(columns=CONTRACT.columns[:1]), {"n": VALUES["n"]}, 4)
    trees = RandomForestClassifier(3, random_state=0).fit(X, TARGETS)
    numbers = Contract(columns=CONTRACT.columns[:1])
    (form,) = compile_forms(trees, "matrix", numbers, ("a", "b")).forms

    # Too large for single precision, in which the trees compare.
    with pytest.raises(ScoringError, match="infinite"):
        form.outputs({"n": [1e300]}, 1)


def test_equal_fits_are_equal_bytes() -> None:
    one, other = (
        compiled("passthrough", RandomForestClassifier(5, random_state=0)).to_bytes()
        for _ in range(2)
    )

    assert one == other


def test_threads_share_a_form() -> None:
    form = compiled("passthrough", RandomForestClassifier(5, random_state=0))
    rows: list[Values] = [{"n": [float(i), float(i % 5)], "c": ["x", "y"]} for i in range(40)]
    batches = rows * 10
    expected = [form.outputs(batch, 2) for batch in batches]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda batch: form.outputs(batch, 2), batches))

    for alone, together in zip(expected, found, strict=True):
        assert alone.probabilities is not None
        assert together.probabilities is not None
        np.testing.assert_array_equal(together.probabilities, alone.probabilities)


HEAVY = ("sklearn", "scipy", "pandas", "PIL", "onnx", "onnxruntime", "skl2onnx", "prefect")


def deep_form(folder: Path) -> Path:
    """Write a form of trees that are too large for masks, and return where."""
    draw = np.random.default_rng(0)
    contract = Contract(columns=(NumberColumn(name="n"), NumberColumn(name="m")))
    values = {name: draw.normal(size=2000).tolist() for name in contract.names}
    X = build_input("matrix", contract, values, 2000)
    forest = RandomForestClassifier(4, random_state=0).fit(X, draw.integers(0, 2, 2000))
    (form,) = compile_forms(forest, "matrix", contract, (0, 1)).forms
    (folder / "form").write_bytes(form.to_bytes())
    np.save(folder / "expected.npy", forest.predict_proba(X)[:200])
    np.save(folder / "X.npy", X[:200])
    return folder


def answer_elsewhere(folder: Path, first: str) -> None:
    """Read the form in a new process after ``first``, and compare its answers."""
    script = first + textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import numpy as np
        from headgate.compiled import read_form

        folder = Path(sys.argv[1])
        form = read_form((folder / "form").read_bytes())
        n, m = np.load(folder / "X.npy").T.tolist()
        answer = form.outputs({"n": n, "m": m}, len(n))
        assert np.array_equal(answer.probabilities, np.load(folder / "expected.npy"))
        loaded = [name for name in sys.argv[2:] if name in sys.modules]
        assert not loaded, loaded
        """
    )
    unwanted = [name for name in HEAVY if name != "onnxruntime"]
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), *unwanted], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_form_needs_neither_scikit_learn_nor_pandas(tmp_path: Path) -> None:
    answer_elsewhere(deep_form(tmp_path), "")


def test_large_trees_answer_the_same_without_onnxruntime(tmp_path: Path) -> None:
    answer_elsewhere(deep_form(tmp_path), "import sys; sys.modules['onnxruntime'] = None\n")
