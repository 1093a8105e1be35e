"""What Headgate asks of an estimator, whoever wrote it."""

from typing import Any

from headgate.errors import HeadgateError
from headgate.spec import Estimator

__all__ = ["ClassValue", "Estimator", "classes_of", "kept_part", "python_value", "type_name"]

ClassValue = str | bool | int | float


def kept_part(estimator: Any) -> Any:
    """Return what of an estimator becomes the version: of a search, its best estimator.

    Before its fit a search is represented by the estimator it varies.
    """
    if hasattr(estimator, "best_estimator_"):
        return estimator.best_estimator_
    is_search = hasattr(estimator, "refit") and hasattr(estimator, "estimator")
    return estimator.estimator if is_search else estimator


def classes_of(estimator: Any) -> tuple[ClassValue, ...] | None:
    """Return a classifier's classes as Python values in its own order, or None."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return None
    return tuple(python_value(value) for value in classes)


def python_value(value: Any) -> ClassValue:
    """Return a class as the Python value it stands for.

    Raises:
        HeadgateError: if it is neither text, number nor boolean.
    """
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, str | bool | int | float):
        return plain
    raise HeadgateError(
        f"The estimator answers with classes of type {type(plain).__name__}, but a class is text, "
        "a number or a boolean. Convert the target in source()."
    )


def type_name(estimator: Any) -> str:
    """Return the full name of an object's type."""
    kind = type(estimator)
    return f"{kind.__module__}.{kind.__qualname__}"
