import io
import struct
from zipfile import ZipFile

import numpy as np
import pytest

from headgate.compiled import CompiledForm, read_form
from headgate.compiled.archive import Archive, read_archive
from headgate.compiled.plan import Plan, PlanForm
from headgate.compiled.steps import Numbers, Rescale, WeightedSums
from headgate.errors import IntegrityError


def small_form() -> PlanForm:
    steps = (
        Numbers(columns=("a", "b")),
        Rescale(inputs=(0,), divide="scale"),
        WeightedSums(inputs=(1,), weights="weights", offset="offset"),
    )
    arrays = {
        "scale": np.array([2.0, 4.0]),
        "weights": np.array([[1.0, -1.0]]),
        "offset": np.array([0.5]),
    }
    return PlanForm(Plan(steps=steps, values=2), arrays)


def changed(data: bytes, name: str, content: bytes | None) -> bytes:
    written = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(written, "w") as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        if content is not None:
            new.writestr(name, content)
    return written.getvalue()


def document(form: CompiledForm) -> bytes:
    with ZipFile(io.BytesIO(form.to_bytes())) as archive:
        return archive.read("form.json")


def npy(text: str, data: bytes = b"") -> bytes:
    head = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def test_a_form_answers_the_same_after_it_was_stored() -> None:
    form = small_form()

    again = read_form(form.to_bytes())

    answer = again.outputs({"a": [2.0, 4.0], "b": [4.0, None]}, 2)
    assert answer.values is not None
    np.testing.assert_array_equal(answer.values, [0.5, np.nan])
    assert again.to_bytes() == form.to_bytes()
    assert again.engine == "plan"


def test_arrays_that_were_read_cannot_be_changed() -> None:
    read = read_archive(Archive(b"{}", {"a": np.arange(3.0)}).to_bytes())

    with pytest.raises(ValueError, match="read-only"):
        read.arrays["a"][0] = 1.0


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all"], ids=["empty", "torn", "text"])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_form(data)


def test_every_torn_or_flipped_form_is_refused_or_still_a_form() -> None:
    whole = small_form().to_bytes()
    draw = np.random.default_rng(3)
    said = []

    for _ in range(300):
        data = bytearray(whole)
        data[int(draw.integers(len(data)))] = int(draw.integers(256))
        cut = bytes(data[: int(draw.integers(1, len(data) + 1))])
        try:
            read_form(cut)
        except IntegrityError as err:
            said.append(str(err))

    assert len(said) > 200
    assert max(map(len, said)) < 600


def header(kind: str, shape: str) -> str:
    return f"{{'descr':{kind!r},'fortran_order':False,'shape':{shape}}}"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(npy(header("<f8", "(9999999999,)")), id="huge"),
        pytest.param(npy(header("<f8", "(-1,)")), id="negative"),
        pytest.param(npy(header("|O", "(1,)"), b"8" * 8), id="objects"),
        pytest.param(npy(header("<U9", "(0,)")), id="text"),
        pytest.param(npy("__import__('os').abort()"), id="code"),
        pytest.param(npy(header("<f8", "(2,)"), b"8" * 8), id="short"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_an_array_that_is_not_plain_numbers_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_form(changed(small_form().to_bytes(), "arrays/scale.npy", content))


def test_a_form_that_unpacks_to_too_much_is_refused() -> None:
    data = bytearray(small_form().to_bytes())
    # What the directory says of its first member, long before that is read.
    said = data.index(b"PK\x01\x02") + 24
    data[said : said + 4] = struct.pack("<I", 2**31)

    with pytest.raises(IntegrityError, match="at most 1073741824"):
        read_form(bytes(data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"inputs":[0]', b'"inputs":[7]', id="a step after itself"),
        pytest.param(b'"inputs":[0]', b'"inputs":[-1]', id="a step before all"),
        pytest.param(b'"inputs":[0]', b'"inputs":[]', id="a step without input"),
        pytest.param(b'"divide":"scale"', b'"divide":"other"', id="an array that is not there"),
        pytest.param(b'"kind":"rescale"', b'"kind":"os.system"', id="an unknown step"),
        pytest.param(b'"values":2', b'"values":9', id="an answer that is not there"),
        pytest.param(b'"values":2', b'"values":null', id="no answer"),
        pytest.param(b'"schema_version":1', b'"schema_version":2', id="a newer format"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(old: bytes, new: bytes) -> None:
    form = small_form()
    altered = document(form).replace(old, new)
    assert altered != document(form)

    with pytest.raises(IntegrityError):
        read_form(changed(form.to_bytes(), "form.json", altered))


def test_a_form_without_its_document_is_refused() -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_form(changed(small_form().to_bytes(), "form.json", None))
