"""Small compiled forms, right and wrong ones, and what they are proven against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from headgate.compiled import CompiledForm
from headgate.contract import Contract, NumberColumn
from headgate.documents.rules import Metrics, Rules
from headgate.proving.material import Material, Proven
from headgate.proving.prove import prove
from headgate.proving.rows import Rows
from headgate.scoring.answers import Outputs
from headgate.scoring.golden import GoldenRows, make_golden
from headgate.scoring.scorer import Scorer

NAMES = ("a", "b")
N_SEEN, N_HOLDOUT = 120, 40
Matrix = NDArray[np.float64]
Answer = Callable[[Matrix], Outputs]


class Told(CompiledForm):
    """A form that answers whatever it is told to."""

    engine = "plan"

    def __init__(self, answer: Answer, *elsewhere: Answer) -> None:
        self._answer, self._elsewhere = answer, elsewhere

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        columns = [[np.nan if v is None else v for v in values[name]] for name in NAMES]
        X = np.array(columns, dtype=np.float64).T
        assert X.shape == (n_rows, len(NAMES))
        return self._answer(X)

    def variants(self) -> tuple[CompiledForm, ...]:
        return tuple(Told(answer) for answer in self._elsewhere)

    def to_bytes(self) -> bytes:
        return b"told"


def a_reference(estimator: Any = None, *, nullable: bool = False, **rules: Any) -> Scorer:
    """Return a version that says whether a + b is positive."""
    generator = np.random.default_rng(3)
    X = generator.normal(size=(200, 2))
    y = np.where(X.sum(axis=1) > 0, "yes", "no")
    fitted = (estimator or LogisticRegression()).fit(X, y)
    contract = Contract(
        columns=tuple(NumberColumn(name=name, minimum=-5, maximum=5) for name in NAMES)
    )
    if nullable:
        columns = tuple(column.model_copy(update={"nullable": True}) for column in contract.columns)
        contract = Contract(columns=columns)
    declared = {"task": "classification", "target": "y", "metrics": Metrics(primary="accuracy")}
    return Scorer(
        model="toy",
        version="draft",
        contract=contract,
        rules=Rules.model_validate(declared | rules),
        classes=("no", "yes"),
        input_form="matrix",
        estimator=fitted,
    )


def a_tree(max_depth: int = 5) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=max_depth, random_state=0)


def material(reference: Scorer, golden: GoldenRows | None = None) -> Material:
    generator = np.random.default_rng(4)
    holdout = {name: generator.normal(size=N_HOLDOUT).tolist() for name in NAMES}
    seen = {name: generator.normal(size=N_SEEN).tolist() for name in NAMES}
    rows = [{name: holdout[name][i] for name in NAMES} for i in range(4)]
    return Material(
        holdout=Rows(holdout, ["holdout"] * N_HOLDOUT),
        seen=Rows(seen, ["seen"] * N_SEEN),
        golden=golden or make_golden(reference, rows),
        spread=None,
        seed=0,
    )


def folded(reference: Scorer) -> Answer:
    """Return what a logistic regression answers, without scikit-learn; it fails where that does."""
    estimator: Any = reference.estimator
    weights, offset = estimator.coef_[0], estimator.intercept_[0]

    def answer(X: Matrix) -> Outputs:
        if not np.isfinite(X).all():
            raise ValueError
        second = 1 / (1 + np.exp(-(X @ weights + offset)))
        return Outputs(probabilities=np.column_stack([1 - second, second]))

    return answer


def walked(reference: Scorer, kind: type[np.floating[Any]]) -> Answer:
    """Return what a decision tree answers, with its thresholds in some precision."""
    tree: Any = reference.estimator
    tree = tree.tree_

    def leaf(row: Matrix) -> int:
        node = 0
        while tree.children_left[node] != -1:
            goes_left = np.float32(row[tree.feature[node]]) <= kind(tree.threshold[node])
            node = (tree.children_left if goes_left else tree.children_right)[node]
        return node

    def answer(X: Matrix) -> Outputs:
        if not np.isfinite(X.astype(np.float32)).all():
            raise ValueError
        leaves = [leaf(row) for row in X]
        return Outputs(probabilities=tree.value[leaves, 0, :].astype(np.float64))

    return answer


def moved(answer: Answer, at: float, by: float) -> Answer:
    """Return an answer that is off where the first column has one value."""

    def off(X: Matrix) -> Outputs:
        given = answer(X).probabilities
        assert given is not None
        shift = np.where(X[:, 0] == at, by, 0.0)
        return Outputs(probabilities=given + np.column_stack([-shift, shift]))

    return off


def proven(
    reference: Scorer, answer: Answer, rows: Material | None = None, *elsewhere: Answer
) -> Proven:
    form = Told(answer, *elsewhere)
    return prove(reference, [form], [], rows or material(reference), read=lambda _: form)


def with_rules(reference: Scorer, **rules: Any) -> Scorer:
    return replace(reference, rules=reference.rules.model_copy(update=rules))


def refused(found: Proven) -> str:
    """Return why, after checking that scikit-learn serves."""
    proof = found.proof
    assert not proof.proven
    assert (proof.engine, found.compiled, proof.uses_compiled) == ("scikit-learn", None, False)
    assert proof.reason
    return proof.reason
