import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from headgate.documents.proof import WorstRow
from headgate.errors import IntegrityError
from headgate.proving.prove import prove
from headgate.scoring.answers import Outputs
from headgate.scoring.golden import make_golden
from headgate.scoring.scorer import Scorer
from tests.headgate.proving.forms import (
    Matrix,
    Told,
    a_reference,
    a_tree,
    folded,
    material,
    moved,
    proven,
    refused,
    walked,
)

WHOLE = 20_000


@pytest.fixture(scope="module")
def reference() -> Scorer:
    return a_reference()


@pytest.fixture(scope="module")
def gaps() -> Scorer:
    return a_reference(nullable=True)


def test_an_exact_form_is_proven_on_holdout_and_generated_rows_and_serves(
    reference: Scorer,
) -> None:
    found = proven(reference, folded(reference))

    proof = found.proof
    assert (proof.proven, proof.engine, proof.reason, found.compiled) == (
        True,
        "plan",
        None,
        b"told",
    )
    assert (proof.n_holdout_rows, proof.n_label_differences) == (40, 0)
    assert proof.n_generated_rows >= WHOLE
    assert proof.max_difference is not None
    assert proof.max_difference <= 1e-12
    assert {*proof.timings_us} == {"plan", "scikit-learn"}
    assert {*proof.timings_us["plan"]} == {1, 32, 1000}


def test_a_proof_says_nothing_of_what_is_in_a_row(reference: Scorer) -> None:
    rows = material(reference)
    value = rows.holdout.values["a"][7]
    assert isinstance(value, float)

    found = proven(reference, moved(folded(reference), value, 0.25), rows)

    assert repr(value)[:8] not in found.proof.model_dump_json()
    worst = found.proof.worst_row
    assert worst is not None
    assert (worst.source, worst.position) == ("holdout", 7)


def test_one_holdout_row_that_errs_by_1e_5_is_refused(reference: Scorer) -> None:
    rows = material(reference)
    value = rows.holdout.values["a"][5]
    assert isinstance(value, float)

    found = proven(reference, moved(folded(reference), value, 1e-5), rows)

    assert "numbers differ by up to 1e-05" in refused(found)
    worst = found.proof.worst_row
    assert worst is not None
    assert (worst.source, worst.position) == ("holdout", 5)


def test_an_error_within_the_tolerance_is_proven(reference: Scorer) -> None:
    rows = material(reference)
    value = rows.holdout.values["a"][5]
    assert isinstance(value, float)

    found = proven(reference, moved(folded(reference), value, 5e-7), rows)

    assert found.proof.proven


def test_thresholds_in_single_precision_are_refused_by_a_generated_row() -> None:
    tree = a_reference(a_tree())

    found = proven(tree, walked(tree, np.float32))

    refused(found)
    assert found.proof.n_label_differences > 0
    worst = found.proof.worst_row
    assert worst is not None
    assert (worst.source, worst.kind) in {("generated", "threshold"), ("generated", "jump")}


def test_the_same_thresholds_in_double_precision_are_proven() -> None:
    tree = a_reference(a_tree())

    assert proven(tree, walked(tree, np.float64)).proof.proven


def test_a_label_the_rules_flip_is_refused_though_the_probability_is_near() -> None:
    # All rows of a leaf have one probability: put the threshold there.
    even = a_reference(a_tree(1))
    share = even.score([{"a": 3.0, "b": 3.0}]).probabilities
    assert share is not None
    strict = a_reference(a_tree(1), threshold=float(share[0, 1]))
    exact = walked(strict, np.float64)

    def higher(X: Matrix) -> Outputs:
        given = exact(X).probabilities
        assert given is not None
        return Outputs(probabilities=given + np.array([-5e-7, 5e-7]))

    found = proven(strict, higher)

    refused(found)
    assert found.proof.max_difference == pytest.approx(5e-7, rel=1e-6)
    assert found.proof.n_label_differences > 0


def test_an_answer_where_scikit_learn_fails_is_refused(gaps: Scorer) -> None:
    answer = folded(gaps)

    found = proven(gaps, lambda X: answer(np.nan_to_num(X)))

    refused(found)
    worst = found.proof.worst_row
    assert worst is not None
    assert worst.problem == "an answer where scikit-learn gives none"


def test_a_form_that_fails_where_scikit_learn_fails_is_proven(gaps: Scorer) -> None:
    found = proven(gaps, folded(gaps))

    assert found.proof.proven
    assert any("scikit-learn fails on" in note for note in found.proof.notes)


class Picky(LogisticRegression):  # type: ignore[misc]
    """Fails on every second row."""

    def predict_proba(self, X: Matrix) -> Matrix:
        if (X[:, 0] > 0).any():
            raise ValueError
        probabilities: Matrix = super().predict_proba(X)
        return probabilities


def test_a_model_that_fails_on_too_many_rows_is_not_proven() -> None:
    picky = a_reference(Picky())
    golden = make_golden(picky, [{"a": -1.0, "b": 0.5}])

    found = proven(picky, folded(picky), material(picky, golden))

    assert "generated rows could be compared: the contract or scikit-learn" in refused(found)


def test_a_model_that_is_too_slow_to_be_compared_is_not_proven(reference: Scorer) -> None:
    form = Told(folded(reference))

    found = prove(reference, [form], [], material(reference), read=lambda _: form, max_seconds=0.0)

    assert "only 0 of 20000 generated rows could be compared: the time was up" in refused(found)


def test_a_form_that_cannot_be_read_back_is_refused(reference: Scorer) -> None:
    def damaged(data: bytes) -> Told:
        raise IntegrityError(f"{len(data)} bytes are damaged")

    found = prove(reference, [Told(folded(reference))], [], material(reference), read=damaged)

    assert "plan: cannot be read back (IntegrityError)" in refused(found)


def test_golden_rows_that_are_not_reproduced_refuse_a_form(reference: Scorer) -> None:
    rows = material(reference)
    other = a_reference(a_tree())
    planted = replace(rows, golden=make_golden(other, [{"a": 1.0, "b": 0.5}]))

    found = proven(reference, folded(reference), planted)

    assert "golden rows are not reproduced" in refused(found)


def test_without_a_form_the_problems_are_the_reason(reference: Scorer) -> None:
    found = prove(reference, [], ["plan: Fancy is not known to plans"], material(reference))

    assert refused(found) == "plan: Fancy is not known to plans"


def test_a_slower_form_is_proven_but_scikit_learn_serves(reference: Scorer) -> None:
    exact = folded(reference)

    def slow(X: Matrix) -> Outputs:
        if len(X) in {1, 32, 1000}:
            time.sleep(0.004)
        return exact(X)

    found = proven(reference, slow)

    assert found.proof.proven
    assert found.proof.engine == "scikit-learn"
    assert (found.compiled, found.proof.uses_compiled) == (None, False)
    assert found.proof.reason is not None
    assert found.proof.reason.startswith("proven, but slower than scikit-learn: plan takes")


def test_equal_forms_give_equal_proofs_but_for_the_timings(reference: Scorer) -> None:
    one, other = (proven(reference, folded(reference)).proof for _ in range(2))

    assert one.model_copy(update={"timings_us": {}}) == other.model_copy(update={"timings_us": {}})


def _regression() -> Scorer:
    generator = np.random.default_rng(3)
    X = generator.normal(size=(200, 2))
    classified = a_reference()
    rules = classified.rules.model_copy(update={"task": "regression"})
    estimator = LinearRegression().fit(X, 50 * X[:, 0] - 7 * X[:, 1])
    return replace(classified, rules=rules, classes=None, estimator=estimator)


@pytest.mark.parametrize(("off", "is_proven"), [(0.0, True), (4e-6, True), (1e-3, False)])
def test_a_regression_is_compared_in_units_of_the_targets_spread(
    off: float, is_proven: bool
) -> None:
    regression = _regression()
    weights = regression.estimator.coef_  # type: ignore[attr-defined]
    offset = regression.estimator.intercept_  # type: ignore[attr-defined]
    rows = replace(material(regression), spread=50.0)

    def answer(X: Matrix) -> Outputs:
        return Outputs(values=X @ weights + offset + off)

    found = proven(regression, answer, rows)

    assert found.proof.tolerance == pytest.approx(5e-5)
    assert found.proof.proven is is_proven


def test_a_worst_row_names_its_kind(reference: Scorer) -> None:
    exact = folded(reference)

    def off_beyond_the_range(X: Matrix) -> Outputs:
        given = exact(X).probabilities
        assert given is not None
        return Outputs(probabilities=np.where(X[:, :1] > 10, given[:, ::-1], given))

    worst = proven(reference, off_beyond_the_range).proof.worst_row

    assert isinstance(worst, WorstRow)
    assert (worst.source, worst.problem) == ("generated", "another label")
    assert worst.kind in {"range", "huge", "duplicate"}
