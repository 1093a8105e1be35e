"""The same row gets the same answer: alone, in a batch, by rows, by columns, by either engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from headgate.compiled import read_form
from headgate.compiling import compile_forms
from headgate.contract import BooleanColumn, CategoryColumn, Contract, IntegerColumn, NumberColumn
from headgate.contract.columns import Column
from headgate.contract.frames import to_frame
from headgate.documents.rules import Metrics, Rules
from headgate.scoring.answers import Answer, RowError
from headgate.scoring.compiled import CompiledScorer
from headgate.scoring.rows import RowScorer
from headgate.scoring.scorer import Scorer
from tests.headgate.contract.strategies import patient, rows_of

NEAR = 1e-9
N_FITTED = 60
RULES = Rules(
    task="classification",
    target="y",
    metrics=Metrics(primary="accuracy"),
    confidence_threshold=0.6,
    abstain=True,
)
ENDS = {"minimum": -2, "maximum": 2, "impute": 1}
LEARNERS = {
    "linear": lambda: LogisticRegression(C=0.5),
    "trees": lambda: HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=2),
}


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    kind = draw(st.sampled_from(["number", "integer", "category", "boolean"]))
    if kind == "boolean":
        return BooleanColumn(name=name)
    if kind == "category":
        return CategoryColumn(
            name=name,
            categories=("x", "y", "NA"),
            policy=draw(st.sampled_from(["reject", "flag", "impute"])),
            impute="x",
        )
    policy = draw(st.sampled_from(["reject", "flag", "impute", "clip"]))
    nullable = draw(st.booleans())
    declared = {"name": name, "nullable": nullable, "policy": policy, **ENDS}
    if kind == "integer":
        return IntegerColumn.model_validate(declared)
    return NumberColumn.model_validate(declared)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Contract, list[dict[str, object]]]:
    """Draw a contract and rows that often fit it."""
    contract = Contract(columns=tuple(draw(columns(name)) for name in ("a", "b", "c")))
    return contract, draw(st.lists(rows_of(contract), min_size=1, max_size=6))


def scorers(contract: Contract, learner: str) -> tuple[RowScorer, RowScorer]:
    """Fit on clean rows of a contract; return both engines."""
    generator = np.random.default_rng(len(learner))
    values = {column.name: _values(column, generator) for column in contract.columns}
    labels = np.where(generator.random(N_FITTED) < 0.5, "no", "yes")
    estimator = _estimator(contract, LEARNERS[learner]())
    estimator.fit(to_frame(contract, values), labels)
    common = ("toy", "v0001", contract, RULES, ("no", "yes"))
    compiled = compile_forms(estimator, "frame", contract, ("no", "yes"))
    assert compiled.forms, compiled.problems
    form = read_form(compiled.forms[0].to_bytes())
    return Scorer(*common, "frame", estimator), CompiledScorer(*common, form)


def _values(column: Column, generator: np.random.Generator) -> list[object]:
    drawn = generator.integers(-2, 3, N_FITTED).tolist()
    match column:
        case CategoryColumn():
            return [column.categories[i % 3] for i in drawn]
        case BooleanColumn():
            return [i > 0 for i in drawn]
        case NumberColumn():
            return [i + 0.25 for i in drawn]
    return list(drawn)


def _estimator(contract: Contract, learner: Any) -> Any:
    words = [c.name for c in contract.columns if isinstance(c, CategoryColumn)]
    numbers = [name for name in contract.names if name not in words]
    filled = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
            (filled, numbers),
        ),
        learner,
    )


def every_way(scorer: RowScorer, rows: Sequence[Mapping[str, object]]) -> list[list[object]]:
    """Return the answers to rows, asked in every way there is."""
    names = scorer.contract.names
    table = {name: [row.get(name) for row in rows] for name in names}
    ways: list[list[object]] = [
        [*scorer.score(rows, isolate=True).answers()],
        [*scorer.score_columns(table, len(rows), isolate=True).answers()],
        [scorer.score([row], isolate=True).answers()[0] for row in rows],
        [*scorer.score([*rows, *rows[::-1]], isolate=True).answers()[: len(rows)]],
    ]
    return ways


def alike(one: object, other: object) -> bool:
    if isinstance(one, RowError) or isinstance(other, RowError):
        return one == other
    assert isinstance(one, Answer)
    assert isinstance(other, Answer)
    assert one.probabilities is not None
    assert other.probabilities is not None
    pairs = zip(one.probabilities.items(), other.probabilities.items(), strict=True)
    return (one.prediction, one.predicted_class, one.flags, one.is_confident) == (
        other.prediction,
        other.predicted_class,
        other.flags,
        other.is_confident,
    ) and all(a == b and abs(p - q) <= NEAR for (a, p), (b, q) in pairs)


@pytest.mark.parametrize("learner", LEARNERS)
@given(question=questions())
@settings(patient, max_examples=40)
def test_the_same_row_gets_the_same_answer_in_every_way(
    learner: str, question: tuple[Contract, list[dict[str, object]]]
) -> None:
    contract, rows = question
    known = [{k: v for k, v in row.items() if k in contract.names} for row in rows]
    own, compiled = scorers(contract, learner)

    first, *others = [*every_way(own, known), *every_way(compiled, known)]

    for answers in others:
        assert all(map(alike, first, answers))
