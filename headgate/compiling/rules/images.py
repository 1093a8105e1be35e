"""Plans of images."""

from typing import Any

from headgate.compiled.steps import ImagePixels
from headgate.compiling.builder import Builder, Raw, Transformer, Value, refuse
from headgate.contract import ImageColumn
from headgate.transforms import PngPixels


def _pixels(build: Builder, model: Any, X: Value) -> Value:
    if not (isinstance(X, Raw) and X.width == 1 and isinstance(X.columns[0].column, ImageColumn)):
        raise refuse(model, "anything but one column of images")
    width, height = int(model.width), int(model.height)
    step = ImagePixels(column=X.columns[0].column.name, width=width, height=height)
    return build.add(step, width * height)


TRANSFORMERS: dict[type, Transformer] = {PngPixels: _pixels}
