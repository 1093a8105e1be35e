"""Which requests take the short way."""

import pytest
from starlette.types import Scope

from serve.hot.matching import LONGEST, Call, match

PLAIN = {b"content-type": b"application/json", b"content-length": b"20"}


def a_scope(
    path: str = "/predict",
    headers: dict[bytes, bytes] | None = None,
    query: bytes = b"",
    method: str = "POST",
) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": list((PLAIN | (headers or {})).items()),
    }


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/predict", Call("one", None, "/predict")),
        ("/predict/batch", Call("batch", None, "/predict/batch")),
        ("/predict/top-k", Call("top-k", None, "/predict/top-k")),
        ("/models/iris/predict", Call("one", "iris", "/models/{model}/predict")),
        ("/models/a_1/predict/top-k", Call("top-k", "a_1", "/models/{model}/predict/top-k")),
    ],
)
def test_a_plain_prediction_takes_it(path: str, call: Call) -> None:
    asked = match(a_scope(path))

    assert asked is not None
    assert asked.call == call


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/predict/", "/predictions", "/infer", "/v2/models/iris/infer", "/models/iris"),
        *("/models//predict", "/models/Not a name/predict", "/models/a/b/predict"),
        "/models/" + "a" * 500 + "/predict",
    ],
)
def test_another_path_does_not(path: str) -> None:
    assert match(a_scope(path)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {b"content-type": b"application/json; charset=utf-8"},
        {b"accept": b"*/*"},
        {b"accept": b"application/json, text/plain, */*"},
        {b"content-length": b"%d" % LONGEST},
    ],
    ids=str,
)
def test_harmless_headers_do_not_matter(headers: dict[bytes, bytes]) -> None:
    assert match(a_scope(headers=headers)) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {b"content-type": b"text/csv"},
        {b"content-type": b"application/json; charset=utf-16"},
        {b"content-encoding": b"gzip"},
        {b"accept": b"text/csv"},
        {b"accept": b"application/json;q=0.1, text/csv"},
        {b"expect": b"100-continue"},
        {b"content-length": b"%d" % (LONGEST + 1)},
        {b"content-length": b"9" * 30},
        {b"content-length": b"+5"},
        {b"content-length": b""},
    ],
    ids=str,
)
def test_what_needs_a_closer_look_goes_on(headers: dict[bytes, bytes]) -> None:
    assert match(a_scope(headers=headers)) is None


def test_a_header_that_is_there_twice_goes_on() -> None:
    scope = a_scope()
    scope["headers"].append((b"content-type", b"application/json"))

    assert match(scope) is None


@pytest.mark.parametrize(
    ("query", "k"), [(b"", None), (b"k=1", 1), (b"k=999", 999)], ids=["none", "one", "many"]
)
def test_the_number_of_classes_is_read(query: bytes, k: int | None) -> None:
    asked = match(a_scope("/predict/top-k", query=query))

    assert asked is not None
    assert asked.k == k


@pytest.mark.parametrize("query", [b"k=0", b"k=", b"k=01", b"k=1&k=2", b"k=two", b"explain=true"])
def test_a_query_that_is_not_just_that_goes_on(query: bytes) -> None:
    assert match(a_scope("/predict/top-k", query=query)) is None
    assert match(a_scope(query=query)) is None


def test_other_methods_and_kinds_go_on() -> None:
    assert match(a_scope(method="GET")) is None
    assert match({"type": "lifespan"}) is None


def test_the_routing_key_is_found() -> None:
    asked = match(a_scope(headers={b"x-routing-key": b"anna"}))

    assert asked is not None
    assert asked.routing_key == "anna"
