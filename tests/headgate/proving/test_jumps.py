import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headgate.proving.jumps import jump_rows
from headgate.scoring.scorer import Scorer
from tests.headgate.proving.forms import a_reference, a_tree, material


def found(reference: Scorer) -> tuple[list[object], list[int]]:
    """Return the first column of the rows found, and the classes they get."""
    rows = jump_rows(reference, material(reference).seen.values, np.random.default_rng(0))
    scored = reference.score_columns(rows.values, rows.n_rows)
    return rows.values["a"], [] if scored.class_index is None else scored.class_index.tolist()


def test_splits_behind_a_scaler_are_found_on_both_sides() -> None:
    scaled = a_reference(make_pipeline(StandardScaler(), a_tree(1)))

    numbers, classes = found(scaled)

    assert {*classes} == {0, 1}
    values = {float(str(one)) for one in numbers} | set[float]()
    apart = np.sort(np.array([*values]))
    assert (np.diff(apart) < 1e-8).any()


def test_a_model_whose_answers_move_smoothly_has_no_jumps() -> None:
    smooth = a_reference(make_pipeline(StandardScaler(), LogisticRegression()))

    assert found(smooth) == ([], [])
