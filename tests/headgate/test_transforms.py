import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.compose import ColumnTransformer

from headgate.errors import InvalidInputError, UsageError
from headgate.transforms import PngPixels


def encoded(image: Image.Image, **options: object) -> str:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return base64.b64encode(file.getvalue()).decode()


def plain(mode: str, colour: object, size: tuple[int, int] = (5, 3)) -> str:
    return encoded(Image.new(mode, size, colour))  # type: ignore[arg-type]


GOOD = plain("L", 51)


@pytest.mark.parametrize(
    ("image", "grey"),
    [
        pytest.param(plain("L", 51), 0.2, id="grey"),
        pytest.param(plain("1", 1), 1.0, id="one bit"),
        pytest.param(plain("RGB", (255, 255, 255)), 1.0, id="colour"),
        pytest.param(plain("RGB", (0, 0, 0)), 0.0, id="black"),
        pytest.param(plain("RGBA", (0, 0, 0, 0)), 1.0, id="transparent is white"),
        pytest.param(plain("RGBA", (0, 0, 0, 255)), 0.0, id="opaque"),
        pytest.param(plain("LA", (0, 0)), 1.0, id="grey transparent"),
        pytest.param(plain("I;16", 13107), 0.2, id="16 bits"),
        pytest.param(encoded(Image.new("P", (5, 3), 0), transparency=0), 1.0, id="palette"),
        pytest.param(encoded(Image.new("L", (5, 3), 7), transparency=7), 1.0, id="colour key"),
    ],
)
def test_every_kind_of_png_becomes_grey_on_white(image: str, grey: float) -> None:
    pixels = PngPixels(width=4, height=2).fit_transform(np.array([image], dtype=object))

    assert pixels.shape == (1, 8)
    assert pixels.dtype == np.float64
    np.testing.assert_allclose(pixels, grey, atol=1e-9)


def test_an_image_of_the_right_size_is_taken_pixel_by_pixel() -> None:
    drawn = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50

    pixels = PngPixels(width=3, height=2).fit_transform([[encoded(Image.fromarray(drawn))]])

    np.testing.assert_array_equal(pixels[0], drawn.ravel() / 255)


@pytest.mark.parametrize("size", [(1, 1), (200, 3), (8, 8), (333, 500)])
def test_any_size_is_resized(size: tuple[int, int]) -> None:
    pixels = PngPixels().fit_transform([plain("L", 255, size)])

    np.testing.assert_array_equal(pixels, np.ones((1, 64)))


def test_a_frames_column_and_a_list_give_the_same() -> None:
    images = [GOOD, plain("L", 200)]
    frame = pd.DataFrame({"image": pd.Series(images, dtype=object), "n": [1, 2]})
    columns = ColumnTransformer([("pixels", PngPixels(2, 2), ["image"])])

    np.testing.assert_array_equal(
        columns.fit_transform(frame), PngPixels(2, 2).fit_transform(images)
    )
    assert columns.get_feature_names_out()[0] == "pixels__image_0_0"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        np.nan,
        3,
        "",
        "not base64!",
        base64.b64encode(b"GIF89a" + bytes(50)).decode(),
        GOOD[: len(GOOD) // 2 // 4 * 4],
        base64.b64encode(base64.b64decode(GOOD)[:-20]).decode(),
        base64.b64encode(base64.b64decode(GOOD)[:16] + b"\xff" * 8 + bytes(30)).decode(),
    ],
)
def test_a_bad_image_is_named_by_its_row(bad: object) -> None:
    images = np.array([GOOD, bad, GOOD, bad], dtype=object)

    with pytest.raises(InvalidInputError, match=r"2 of 4 images .*rows 1, 3\)") as caught:
        PngPixels().fit(images).transform(images)

    assert [error.field for error in caught.value.fields] == ["row 1", "row 3"]


def test_torn_bytes_are_always_a_refusal_and_never_a_bug() -> None:
    whole = base64.b64decode(plain("RGB", (1, 2, 3), (20, 20)))
    draw = np.random.default_rng(0)
    n_refused = 0

    for _ in range(300):
        torn = bytearray(whole)
        torn[int(draw.integers(len(torn)))] = int(draw.integers(256))
        try:
            PngPixels().transform([base64.b64encode(torn).decode()])
        except InvalidInputError:
            n_refused += 1

    assert n_refused > 200


@pytest.mark.parametrize("shape", [(2, 2), (1, 1, 1)])
def test_only_one_column_is_accepted(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="one column"):
        PngPixels().fit(np.full(shape, GOOD, dtype=object))


@pytest.mark.parametrize("width", [0, -1, 2.5, True, "8", 100_000])
def test_a_size_that_is_none_is_refused(width: int) -> None:
    with pytest.raises(UsageError, match="PngPixels width"):
        PngPixels(width=width).fit([GOOD])


def test_a_clone_has_the_same_parameters() -> None:
    assert clone(PngPixels(width=3, height=5)).get_params() == {"width": 3, "height": 5}
    assert PngPixels.__module__.startswith("headgate.transforms")
