"""The step from images to numbers."""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Step
from headgate.compiled.values import Batch, PlanError, Value


class ImagePixels(Step):
    """A column of PNG in base64 as (n, width * height) grey values from 0 to 1."""

    kind: Literal["image_pixels"] = "image_pixels"
    column: str
    width: int
    height: int

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        # Only a form with images loads Pillow into a serving process.
        from headgate.pixels import UNREADABLE, grey_pixels

        name, width, height = self.column, self.width, self.height

        def image_pixels(batch: Batch) -> Value:
            pixels = np.empty((batch.n_rows, width * height))
            for row, png in enumerate(cast(Sequence[str], batch.columns[name])):
                try:
                    pixels[row] = grey_pixels(png, width, height)
                except (*UNREADABLE, TypeError, AttributeError) as err:
                    raise PlanError(
                        f"An image cannot be decoded ({type(err).__name__}). Send a PNG in base64."
                    ) from err
            return pixels

        return image_pixels
