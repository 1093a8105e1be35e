"""What every way of asking for a prediction shares, from the body's rows to the answer."""

from collections.abc import Sequence

from pydantic import JsonValue

from headgate.errors import FieldError, InvalidInputError
from headgate.scoring.answers import Answer, RowError
from serve.answering.batching import Share
from serve.errors import NoProbabilitiesError, names_of, one_field, row_count, row_field
from serve.live import LiveModel

FORM = 'The body must be {"instances": [row, …]} or a list of rows.'
DEFAULT_K = 3


def rows_of(body: JsonValue, most: int) -> list[JsonValue]:
    """Return the rows of a batch's body, at most ``most`` of them.

    Raises:
        InvalidInputError: if the body has another form, or too few or too many rows.
    """
    rows = body
    if isinstance(body, dict):
        unknown = [FieldError(key[:80], "is not known here") for key in body if key != "instances"]
        missing = [] if "instances" in body else [FieldError("instances", "is missing")]
        if unknown or missing:
            raise InvalidInputError(FORM, [*missing, *unknown])
        rows = body["instances"]
    if not isinstance(rows, list):
        raise one_field(FORM, "instances", "must be a list of rows")
    check_count(len(rows), most)
    return rows


def check_count(n_rows: int, most: int) -> None:
    """Refuse a batch without rows, or with too many.

    Raises:
        InvalidInputError: saying how many one request takes.
    """
    if not 1 <= n_rows <= most:
        raise row_count(n_rows, most)


def only_answer(live: LiveModel, share: Share) -> Answer:
    """Return the answer to a single row.

    Raises:
        InvalidInputError: if it does not fit the contract, naming every wrong field.
    """
    (answer,) = share.answers
    if isinstance(answer, Answer):
        return answer
    raise InvalidInputError(
        f"The row does not fit the contract of {live.model} {live.version}: "
        f"{names_of(answer.fields)}. "
        f"GET /models/{live.model} shows the contract.",
        answer.fields,
    )


def every_answer(live: LiveModel, share: Share) -> Sequence[Answer | RowError]:
    """Return one answer or refusal per row of a batch.

    Raises:
        InvalidInputError: if none of the rows fits the contract, naming every wrong field.
    """
    answers = share.answers
    errors = [answer for answer in answers if isinstance(answer, RowError)]
    if len(errors) < len(answers):
        return answers
    fields = [row_field(row, field) for row, error in enumerate(errors) for field in error.fields]
    raise InvalidInputError(
        f"None of the {len(errors)} rows fits the contract of {live.model} {live.version}. "
        f"GET /models/{live.model} shows the contract.",
        fields,
    )


def check_rank(live: LiveModel, k: int | None) -> None:
    """Refuse to rank the classes of a model that has none, or more than it has.

    Raises:
        NoProbabilitiesError: if it is a regression.
        InvalidInputError: if ``k`` is more than its classes.
    """
    if live.manifest.rules.task != "classification":
        raise NoProbabilitiesError(
            f"{live.model} {live.version} predicts a number, so it has no classes to rank. Use "
            f"/models/{live.model}/predict."
        )
    n_classes = len(live.manifest.classes or ())
    if k is not None and k > n_classes:
        raise one_field(
            f"{live.model} has {n_classes} classes, so k is 1 to {n_classes}.",
            "k",
            f"is {k}, not 1 to {n_classes}",
        )


def most_probable(live: LiveModel, answer: Answer, k: int | None) -> list[tuple[str, float]]:
    """Return the ``k`` most probable classes, the first one first.

    Raises:
        NoProbabilitiesError: if the model gives none.
    """
    if answer.probabilities is None:
        raise NoProbabilitiesError(
            f"{live.model} {live.version} gives no probabilities, so its classes have no order. "
            f"Use /models/{live.model}/predict."
        )
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    return ranked[: k or DEFAULT_K]
