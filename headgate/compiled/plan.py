"""The plan: a list of steps over plain arrays, worked off in double precision by numpy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from headgate.compiled.archive import Archive, Array
from headgate.compiled.form import CompiledForm, Engine
from headgate.compiled.step import Kernel
from headgate.compiled.steps import AnyStep, Graph, Trees
from headgate.compiled.values import Batch, PlanError
from headgate.documents.base import Document
from headgate.errors import IntegrityError
from headgate.scoring.answers import Outputs, ScoringError

# Rows worked off at once.
MAX_ROWS = 1024


class Plan(Document):
    """Steps in the order of their work, and which of them give the answer.

    ``classes`` is the step with the position of the class, (n, 1); ``probabilities`` gives
    (n, classes), ``values`` (n, 1).
    """

    schema_version: Literal[1] = 1
    steps: tuple[AnyStep, ...]
    classes: int | None = None
    probabilities: int | None = None
    values: int | None = None


@dataclass(frozen=True, slots=True)
class PlanForm(CompiledForm):
    """A plan ready to answer; its functions are made when the form is."""

    plan: Plan
    arrays: Mapping[str, Array]
    kernels: tuple[Kernel, ...] = field(init=False, repr=False)

    @property
    def engine(self) -> Engine:
        """Say onnx where a part of the work is a converter's graph."""
        return "onnx" if any(isinstance(step, Graph) for step in self.plan.steps) else "plan"

    def variants(self) -> tuple[CompiledForm, ...]:
        """Return the form that walks its trees in numpy, if a library does that here."""
        steps = tuple(
            step.model_copy(update={"graph": None}) if isinstance(step, Trees) else step
            for step in self.plan.steps
        )
        if steps == self.plan.steps:
            return ()
        return (PlanForm(self.plan.model_copy(update={"steps": steps}), self.arrays),)

    def __post_init__(self) -> None:
        _check_order(self.plan)
        try:
            kernels = tuple(step.kernel(self.arrays) for step in self.plan.steps)
        except (KeyError, ValueError, IndexError, TypeError) as err:
            raise IntegrityError(
                f"The compiled plan does not fit its arrays ({type(err).__name__}). It was "
                "altered; restore it from a backup, or train the version again."
            ) from err
        object.__setattr__(self, "kernels", kernels)

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        if n_rows <= MAX_ROWS:
            return self._outputs(values, n_rows)
        # Rows do not look at each other, so that many of them need no more memory than few.
        parts = []
        for start in range(0, n_rows, MAX_ROWS):
            stop = min(start + MAX_ROWS, n_rows)
            some = {name: column[start:stop] for name, column in values.items()}
            parts.append(self._outputs(some, stop - start))
        return _joined(parts)

    def _outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        batch = Batch(values, n_rows)
        keep = batch.done.append
        try:
            # What overflows becomes infinite or NaN, which nobody is given as an answer.
            with np.errstate(all="ignore"):
                for kernel in self.kernels:
                    keep(kernel(batch))
        except PlanError as err:
            raise ScoringError(str(err)) from err
        return self._answer(batch)

    def _answer(self, batch: Batch) -> Outputs:
        plan = self.plan
        if plan.values is not None:
            return Outputs(values=batch.matrix(plan.values)[:, 0])
        chosen = None if plan.classes is None else batch.matrix(plan.classes)[:, 0].astype(np.intp)
        if plan.probabilities is None:
            return Outputs(class_index=chosen)
        return Outputs(class_index=chosen, probabilities=batch.matrix(plan.probabilities))

    def to_bytes(self) -> bytes:
        return Archive(self.plan.to_bytes(), dict(self.arrays)).to_bytes()


def _joined(parts: Sequence[Outputs]) -> Outputs:
    classes = [one.class_index for one in parts if one.class_index is not None]
    probabilities = [one.probabilities for one in parts if one.probabilities is not None]
    values = [one.values for one in parts if one.values is not None]
    return Outputs(
        class_index=np.concatenate(classes) if classes else None,
        probabilities=np.concatenate(probabilities) if probabilities else None,
        values=np.concatenate(values) if values else None,
    )


def _check_order(plan: Plan) -> None:
    for at, step in enumerate(plan.steps):
        if not all(0 <= one < at for one in step.inputs):
            raise IntegrityError(f"Step {at} of the compiled plan does not follow its inputs.")
    ends = (plan.classes, plan.probabilities, plan.values)
    if not any(end is not None for end in ends) or not all(
        end is None or 0 <= end < len(plan.steps) for end in ends
    ):
        raise IntegrityError("The compiled plan does not say which step answers.")
