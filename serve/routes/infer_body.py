"""The body of ``POST /infer``, each field checked where it can be named."""

from pydantic import Field

from headgate.documents.runs import InferBody
from headgate.errors import FieldError, InvalidInputError
from serve.routes.flow_parameters import Model, RunId, Version


class InferRequest(InferBody):
    """Rows or an input URI for one model; without a version the champion of that moment."""

    model: Model = Field(examples=["iris"])
    version: Version | None = None
    run_id: RunId | None = None

    def as_body(self) -> InferBody:
        """Return what is stored.

        Raises:
            InvalidInputError: unless exactly one of instances and input_uri is given.
        """
        given = [name for name in ("instances", "input_uri") if getattr(self, name) is not None]
        if len(given) != 1:
            found = "both are" if given else "neither is"
            raise InvalidInputError(
                f"A batch inference takes either instances or input_uri, and {found} there.",
                [FieldError(name, f"{found} there") for name in ("instances", "input_uri")],
            )
        return InferBody.model_validate(self.model_dump())
