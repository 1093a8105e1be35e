"""Every compiled form that can be made of an estimator. None is believed before it is proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headgate.compiled import CompiledForm
from headgate.compiling.builder import NoPlanError
from headgate.compiling.planning import plan_of
from headgate.contract import Contract
from headgate.documents.version import InputForm
from headgate.scoring.estimators import ClassValue

MAX_PROBLEM = 300


@dataclass(frozen=True, slots=True)
class Compiled:
    """The forms that could be made, the better engine first, and why others could not."""

    forms: tuple[CompiledForm, ...]
    problems: tuple[str, ...]


def compile_forms(
    estimator: Any,
    input_form: InputForm,
    contract: Contract,
    classes: Sequence[ClassValue] | None,
) -> Compiled:
    """Compile a fitted estimator; ``classes`` are its own, None for regression.

    It never fails: what cannot be compiled is a problem in a sentence. A form may be wrong.
    """
    try:
        form = plan_of(estimator, input_form, contract, classes)
    except NoPlanError as err:
        return Compiled((), (_problem("plan", str(err)),))
    # Estimators may be anyone's code, with attributes of any kind.
    except Exception as err:  # noqa: BLE001
        return Compiled((), (_problem("plan", f"{type(err).__name__}: {err}"),))
    return Compiled((form,), ())


def _problem(engine: str, what: str) -> str:
    said = " ".join(what.split())
    return f"{engine}: {said[: MAX_PROBLEM - 3] + '...' if len(said) > MAX_PROBLEM else said}"
