"""Pictures of several sizes and kinds, as PNG in base64."""

import base64
import io

import numpy as np
from numpy.random import Generator
from PIL import Image

SIZES = ((1, 1), (8, 8), (3, 17), (28, 28), (64, 48), (7, 7))
MODES = ("L", "RGB", "RGBA", "LA", "P", "1", "I;16")
N_EACH = 12


def pictures(rng: Generator) -> list[str]:
    """Return noise in every size and mode."""
    return [
        _base64(_noise(width, height, mode, rng))
        for width, height in SIZES
        for mode in MODES
        for _ in range(N_EACH)
    ]


def _noise(width: int, height: int, mode: str, rng: Generator) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 2**16, (height, width)).astype(np.uint16))
    channels = rng.integers(0, 256, (height, width, 4)).astype(np.uint8)
    return Image.fromarray(channels).convert(mode)


def _base64(image: Image.Image) -> str:
    written = io.BytesIO()
    image.save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()
