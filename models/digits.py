"""Digits: which digit a small image shows; the image arrives as a PNG in base64."""

import base64
import io

from numpy import uint8
from numpy.typing import NDArray
from pandas import DataFrame
from PIL import Image
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from headgate.contract import ImageColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec
from headgate.transforms import PngPixels


def source() -> DataFrame:
    """Return scikit-learn's 1,797 images of 8 x 8 pixels, white on black."""
    bunch = load_digits()
    pixels = (bunch.images * (255 / 16)).round().astype(uint8)
    return DataFrame({"image_b64": [_png(image) for image in pixels], "digit": bunch.target})


def _png(pixels: NDArray[uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def estimator(
    seed: int, method: str = "svc", C: float = 10.0, gamma: float | str = "scale"
) -> Pipeline:
    """Return pixels and a classifier: ``svc``, or ``naive_bayes`` as a simple one."""
    pixels = ColumnTransformer([("pixels", PngPixels(width=8, height=8), ["image_b64"])])
    return Pipeline([("pixels", pixels), ("classify", _classifier(seed, method, C, gamma))])


def _classifier(seed: int, method: str, C: float, gamma: float | str) -> ClassifierMixin:
    if method == "svc":
        machine = SVC(C=C, gamma=gamma, random_state=seed)
        return CalibratedClassifierCV(machine, ensemble=False, cv=3)
    if method == "naive_bayes":
        return GaussianNB()
    raise ValueError(f"digits has no method {method!r}. Use 'svc' or 'naive_bayes'.")


spec = ModelSpec(
    name="digits",
    task="classification",
    target="digit",
    source=source,
    estimator=estimator,
    features=(ImageColumn(name="image_b64", description="a handwritten digit, light on dark"),),
    metrics=Metrics(primary="accuracy", others=("f1_macro",)),
    # A better answer may take longer here than naive Bayes takes.
    gate=GateRules(floor=0.75, max_p95_ratio=4.0),
    owner="headgate",
    purpose="Images in: base64 PNG of any size, decoded inside the estimator.",
    tags={"example": "image"},
)
