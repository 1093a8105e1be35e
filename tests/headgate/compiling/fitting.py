"""Fitting and compiling the estimators of these tests, once for all of them."""

import warnings
from functools import cache
from typing import Any

import numpy as np

from headgate.compiled import CompiledForm
from headgate.compiling import Compiled, compile_forms
from headgate.scoring.estimators import classes_of
from headgate.scoring.scorer import build_input
from tests.headgate.compiling.estimators import CONVERTED, EXACT, UNKNOWN
from tests.headgate.compiling.material import N_FITTED, Material, material


@cache
def fitted(name: str) -> tuple[Any, Material]:
    """Fit once for all tests; nothing changes an estimator afterwards."""
    case = (EXACT | UNKNOWN | CONVERTED)[name]
    rows = material(case.rows)
    X = build_input(rows.input_form, rows.contract, rows.fitted, N_FITTED)
    with warnings.catch_warnings():
        # Some need more rounds than a test gives them.
        warnings.simplefilter("ignore")
        estimator = case.make().fit(X, np.array(rows.targets(case.target)))
    return estimator, rows


def compiled(estimator: Any, rows: Material, target: str) -> Compiled:
    classes = None if target in ("number", "positive") else classes_of(estimator)
    return compile_forms(estimator, rows.input_form, rows.contract, classes)


def plan_of(found: Compiled) -> CompiledForm | None:
    return next((form for form in found.forms if form.engine == "plan"), None)
