"""Forms that crash, or answer with what is no answer, are refused with the reason."""

import numpy as np
import pytest

from headgate.scoring.answers import Outputs
from headgate.scoring.scorer import Scorer
from tests.headgate.proving.forms import (
    Answer,
    Matrix,
    a_reference,
    folded,
    material,
    moved,
    proven,
    refused,
)


@pytest.fixture(scope="module")
def reference() -> Scorer:
    return a_reference()


def _crashes(_: Answer) -> Answer:
    def crash(X: Matrix) -> Outputs:
        raise RuntimeError(f"secret {X[0, 0]}")

    return crash


def _not_numbers(answer: Answer) -> Answer:
    def not_numbers(X: Matrix) -> Outputs:
        given = answer(X).probabilities
        assert given is not None
        return Outputs(probabilities=np.where(X[:, :1] > 2, np.nan, given))

    return not_numbers


def _wrong_shape(answer: Answer) -> Answer:
    def wrong_shape(X: Matrix) -> Outputs:
        given = answer(X).probabilities
        assert given is not None
        return Outputs(probabilities=given[:, :1])

    return wrong_shape


def _only_labels(answer: Answer) -> Answer:
    def only_labels(X: Matrix) -> Outputs:
        given = answer(X).probabilities
        assert given is not None
        return Outputs(class_index=given.argmax(axis=1))

    return only_labels


def _numbers(_: Answer) -> Answer:
    return lambda X: Outputs(values=X[:, 0])


def _by_the_batch(answer: Answer) -> Answer:
    def by_the_batch(X: Matrix) -> Outputs:
        given = answer(X).probabilities
        assert given is not None
        return Outputs(probabilities=given if len(X) > 1 else given[:, ::-1])

    return by_the_batch


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (_crashes, "another label or none"),
        (_not_numbers, "another label or none"),
        (_wrong_shape, "another label or none"),
        (_only_labels, "only one of the two gives probabilities"),
        (_numbers, "only one of the two answers with classes"),
        (_by_the_batch, "another label or none"),
    ],
)
def test_a_form_that_fails_is_refused_with_the_reason(
    reference: Scorer, wrong: object, why: str
) -> None:
    assert callable(wrong)

    reason = refused(proven(reference, wrong(folded(reference))))

    assert why in reason
    assert "secret" not in reason


def test_what_a_form_becomes_where_a_library_is_missing_must_answer_alike_too(
    reference: Scorer,
) -> None:
    rows = material(reference)
    value = rows.holdout.values["a"][5]
    assert isinstance(value, float)
    exact = folded(reference)

    alike = proven(reference, exact, rows, exact)
    unlike = proven(reference, exact, rows, moved(exact, value, 0.01))

    assert alike.proof.proven
    refused(unlike)
    worst = unlike.proof.worst_row
    assert worst is not None
    assert worst.problem == "another number, where a library is missing"
