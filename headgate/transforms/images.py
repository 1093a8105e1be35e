"""From base64 PNG to numbers, the same in training, batch and serving."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from headgate.contract.png import MAX_SIDE, normal_png
from headgate.contract.wording import WrongValueError, found
from headgate.errors import FieldError, InvalidInputError, UsageError
from headgate.pixels import UNREADABLE, Pixels, grey_pixels

MAX_SHOWN = 10
MAX_BYTES = 64 * 1024 * 1024
WRONG = (WrongValueError, *UNREADABLE)


class PngPixels(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn a column of base64 PNG into rows of ``width * height`` grey values from 0 to 1.

    Any size and mode is accepted: transparency is put on white, colour becomes grey, and the
    image is resized. Nothing is learned in ``fit``.
    """

    def __init__(self, width: int = 8, height: int = 8) -> None:
        self.width = width
        self.height = height

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        self._check_size()
        _column(X)
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> Pixels:
        """Return the pixels, a row per image, line by line.

        Raises:
            InvalidInputError: naming every row that is no readable PNG, counted from 0.
        """
        self._check_size()
        images = _column(X)
        pixels = np.empty((len(images), self.width * self.height), dtype=np.float64)
        wrong: list[FieldError] = []
        for row, image in enumerate(images):
            try:
                pixels[row] = _pixels(image, self.width, self.height)
            except WRONG as err:
                wrong.append(FieldError(f"row {row}", _problem(err)))
        if wrong:
            raise InvalidInputError(_sentence(wrong, len(images)), wrong)
        return pixels

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        name = "image" if input_features is None else str(input_features[0])
        names = [f"{name}_{y}_{x}" for y in range(self.height) for x in range(self.width)]
        return np.array(names, dtype=object)

    def _check_size(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if isinstance(side, bool) or not isinstance(side, int | np.integer):
                raise UsageError(f"PngPixels {name} must be a whole number, found {side!r}.")
            if not 1 <= side <= MAX_SIDE:
                raise UsageError(f"PngPixels {name} must be 1 to {MAX_SIDE}, found {side}.")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True
        return tags


def _column(X: Any) -> list[object]:
    values = np.asarray(X, dtype=object)
    if values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1):
        return list(values.ravel())
    raise UsageError(
        f"PngPixels takes one column of base64 PNG, found an array of shape {values.shape}. "
        "Name one column for it in a ColumnTransformer."
    )


def _pixels(value: object, width: int, height: int) -> Pixels:
    if not isinstance(value, str):
        raise WrongValueError(f"must be a PNG in base64, found {found(value)}")
    # The contract's own check: sound and small enough for any decoder.
    return grey_pixels(normal_png(value, MAX_BYTES), width, height)


def _problem(err: Exception) -> str:
    if isinstance(err, WrongValueError):
        return str(err)
    return f"must be a PNG in base64, found one that cannot be decoded ({type(err).__name__})"


def _sentence(wrong: list[FieldError], n_rows: int) -> str:
    shown = ", ".join(error.field.removeprefix("row ") for error in wrong[:MAX_SHOWN])
    more = ", ..." if len(wrong) > MAX_SHOWN else ""
    return (
        f"{len(wrong)} of {n_rows} images cannot be read (rows {shown}{more}). "
        "Each must be a PNG in base64."
    )
