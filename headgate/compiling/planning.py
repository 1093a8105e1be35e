"""From a fitted estimator to its plan."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from headgate.compiled.plan import Plan, PlanForm
from headgate.compiling.builder import Builder, NoPlanError, Raw, RawColumn, Rules, Value
from headgate.compiling.rules import (
    bayes,
    bending,
    calibration,
    columns,
    encoders,
    ensembles,
    images,
    linear,
    networks,
    reducing,
    scaling,
    similarity,
    trees,
    words,
    wrappers,
)
from headgate.contract import Contract
from headgate.documents.version import InputForm
from headgate.scoring.estimators import ClassValue


def _all_rules() -> Rules:
    modules = (
        bayes,
        bending,
        calibration,
        columns,
        encoders,
        ensembles,
        images,
        linear,
        networks,
        reducing,
        scaling,
        similarity,
        trees,
        words,
        wrappers,
    )
    named = [vars(module) for module in modules]
    transformers, classifiers, regressors = (
        dict(chain.from_iterable(names.get(kind, {}).items() for names in named))
        for kind in ("TRANSFORMERS", "CLASSIFIERS", "REGRESSORS")
    )
    return Rules(transformers, classifiers, regressors)


RULES = _all_rules()


def plan_of(
    estimator: Any,
    input_form: InputForm,
    contract: Contract,
    classes: Sequence[ClassValue] | None,
) -> PlanForm:
    """Return the plan of a fitted estimator.

    Raises:
        NoPlanError: if a part of it is not known to plans; the sentence says which.
    """
    build = Builder(RULES)
    X = _input(build, input_form, contract)
    if classes is None:
        values = build.regress(estimator, X)
        return PlanForm(Plan(steps=tuple(build.steps), values=values.step), build.arrays)
    answer = build.classify(estimator, X)
    probabilities = answer.probabilities
    if probabilities is not None and probabilities.width != len(classes):
        raise NoPlanError(f"{probabilities.width} probabilities for {len(classes)} classes")
    plan = Plan(
        steps=tuple(build.steps),
        classes=answer.classes.step,
        probabilities=None if probabilities is None else probabilities.step,
    )
    return PlanForm(plan, build.arrays)


def _input(build: Builder, input_form: InputForm, contract: Contract) -> Value:
    raw = Raw(tuple(RawColumn(column) for column in contract.columns))
    return build.numbers(raw) if input_form == "matrix" else raw
