"""From a PNG to grey values, the same in training, batch and serving; it needs Pillow alone."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float64]

# What a file that is no sound PNG makes Pillow raise.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError)


def grey_pixels(png: str, width: int, height: int) -> Pixels:
    """Return ``width * height`` grey values from 0 to 1, line by line, of a checked base64 PNG.

    Transparency is put on white, colour becomes grey, and the image is resized.
    """
    with Image.open(io.BytesIO(base64.b64decode(png)), formats=["PNG"]) as image:
        grey = _grey(image)
    if grey.size != (width, height):
        grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(grey, dtype=np.float64).ravel() / 255


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow would cut 16 bits off at 255 instead of scaling them.
        values = np.asarray(image, dtype=np.float64)
        values = np.where(values == image.info.get("transparency", -1), 65535, values)
        return Image.fromarray((values / 257).round().astype(np.uint8))
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    colour = image.convert("RGBA")
    white = Image.new("RGBA", colour.size, "white")
    return Image.alpha_composite(white, colour).convert("L")
