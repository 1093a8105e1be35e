"""The Open Inference Protocol as Triton's own client speaks it, for all built-in models."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from tests.serve.builtin import NAMES, Five

Array = np.ndarray[Any, Any]
TYPES = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


@pytest.fixture(scope="module")
def client(five: Five) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(five.host) as client:
        yield client


def inputs_for(
    client: triton.InferenceServerClient, five: Five, name: str, *, binary: bool
) -> list[triton.InferInput]:
    """Return a tensor a column, of the datatypes the server itself names."""
    rows = five.models[name].rows
    inputs = []
    for tensor in client.get_model_metadata(name)["inputs"]:
        values: Array = np.array([row[tensor["name"]] for row in rows], TYPES[tensor["datatype"]])
        one = triton.InferInput(tensor["name"], [len(rows)], tensor["datatype"])
        inputs.append(one.set_data_from_numpy(values, binary_data=binary))
    return inputs


def answers(five: Five, name: str) -> list[dict[str, Any]]:
    """Return what our own form of the same request answers."""
    reply = five.client.post(f"/models/{name}/predict/batch", json=list(five.models[name].rows))
    found: list[dict[str, Any]] = reply.json()["predictions"]
    return found


def texts(tensor: Array) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in tensor.ravel()]


def test_server_and_models_are_live_and_ready(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert all(client.is_model_ready(name) for name in NAMES)
    assert client.is_model_ready("iris", "v0001")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_says_its_inputs_and_the_outputs_it_gives(
    client: triton.InferenceServerClient, five: Five, name: str
) -> None:
    metadata = client.get_model_metadata(name, "v0001")
    result = client.infer(name, inputs_for(client, five, name, binary=True))

    given = result.get_response()["outputs"]
    assert [t["name"] for t in metadata["inputs"]] == list(five.models[name].rows[0])
    assert metadata["versions"] == ["v0001"]
    assert [(o["name"], o["datatype"], [-1, *o["shape"][1:]]) for o in given] == [
        (o["name"], o["datatype"], o["shape"]) for o in metadata["outputs"]
    ]


@pytest.mark.parametrize("binary_out", [True, False], ids=["bytes out", "json out"])
@pytest.mark.parametrize("binary_in", [True, False], ids=["bytes in", "json in"])
@pytest.mark.parametrize("name", NAMES)
def test_tensors_get_the_same_answers_as_rows(
    client: triton.InferenceServerClient, five: Five, name: str, binary_in: bool, binary_out: bool
) -> None:
    expected = answers(five, name)
    wanted = ["predict"] if name == "diabetes" else ["probabilities", "predict", "label"]

    result = client.infer(
        name,
        inputs_for(client, five, name, binary=binary_in),
        outputs=[triton.InferRequestedOutput(o, binary_data=binary_out) for o in wanted],
        request_id="42",
    )

    response = result.get_response()
    assert (response["model_name"], response["model_version"]) == (name, "v0001")
    assert response["id"] == "42"
    assert [output["name"] for output in response["outputs"]] == wanted
    predictions = result.as_numpy("predict")
    if name == "diabetes":
        assert predictions == pytest.approx([e["prediction"] for e in expected])
        return
    probabilities = [list(e["probabilities"].values()) for e in expected]
    assert texts(predictions) == [str(e["prediction"]) for e in expected]
    assert texts(result.as_numpy("label")) == [e["label"] for e in expected]
    assert result.as_numpy("probabilities") == pytest.approx(np.array(probabilities))


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "diabetes"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_matrix_of_numbers_is_the_columns_in_their_order(
    client: triton.InferenceServerClient, five: Five, name: str, dtype: type
) -> None:
    matrix: Array = np.array([list(row.values()) for row in five.models[name].rows], dtype)
    tensor = triton.InferInput("input-0", matrix.shape, np_to_triton_dtype(dtype))

    result = client.infer(name, [tensor.set_data_from_numpy(matrix)])

    expected = [e["prediction"] for e in answers(five, name)]
    found = result.as_numpy("predict")
    if name == "diabetes":
        assert found == pytest.approx(expected, rel=1e-4)
    else:
        assert texts(found) == [str(value) for value in expected]


def test_pictures_are_taken_as_the_bytes_they_are(
    client: triton.InferenceServerClient, five: Five
) -> None:
    rows = five.models["digits"].rows
    pictures = [base64.b64decode(str(row["image_b64"])) for row in rows]
    tensor = triton.InferInput("image_b64", [len(rows)], "BYTES")

    result = client.infer(
        "digits", [tensor.set_data_from_numpy(np.array(pictures, dtype=np.object_))]
    )

    assert result.as_numpy("predict").tolist() == [e["prediction"] for e in answers(five, "digits")]


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_a_compressed_request_is_opened(
    client: triton.InferenceServerClient, five: Five, compression: str
) -> None:
    result = client.infer(
        "iris",
        inputs_for(client, five, "iris", binary=True),
        request_compression_algorithm=compression,
    )

    assert texts(result.as_numpy("label")) == [e["label"] for e in answers(five, "iris")]


def test_a_failure_is_worded_so_that_the_client_can_read_it(
    client: triton.InferenceServerClient, five: Five
) -> None:
    with pytest.raises(InferenceServerException, match="nobody") as unknown:
        client.infer("nobody", inputs_for(client, five, "iris", binary=True))
    with pytest.raises(InferenceServerException, match="v0009") as version:
        client.infer("iris", inputs_for(client, five, "iris", binary=True), "v0009")
    with pytest.raises(InferenceServerException, match="petal_width") as missing:
        client.infer("iris", inputs_for(client, five, "iris", binary=True)[:3])
    with pytest.raises(InferenceServerException, match="There is no GET"):
        client.get_model_config("iris")

    codes = [caught.value.status() for caught in (unknown, version, missing)]
    assert codes == ["404", "404", "400"]
