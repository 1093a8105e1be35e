"""From bytes to a form."""

from headgate.compiled.archive import DOCUMENT, read_archive
from headgate.compiled.form import CompiledForm
from headgate.compiled.plan import Plan, PlanForm
from headgate.errors import IntegrityError

MAX_REASON = 400


def read_form(data: bytes) -> CompiledForm:
    """Return the form that `CompiledForm.to_bytes` wrote. No code in the bytes is ever run.

    Raises:
        IntegrityError: if the bytes are damaged, altered, or written by a newer Headgate.
        NoRuntimeError: if the form needs onnxruntime, which is not installed.
    """
    archive = read_archive(data)
    try:
        plan = Plan.from_bytes(archive.document, DOCUMENT)
    except IntegrityError as err:
        # What is wrong is listed for every step.
        raise IntegrityError(str(err)[:MAX_REASON]) from None
    return PlanForm(plan, archive.arrays)
