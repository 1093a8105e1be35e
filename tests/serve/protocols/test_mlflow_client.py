"""MLflow's scoring protocol as MLflow's own client speaks it, for all built-in models."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import headgate
from tests.serve.builtin import NAMES, Five

with warnings.catch_warnings():
    # MLflow warns of its own type hints whenever it is imported.
    warnings.simplefilter("ignore")
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient


def client_of(five: Five, name: str) -> ScoringServerClient:
    client = ScoringServerClient("127.0.0.1", five.client.base_url.port)
    if name != "iris":
        # MLflow's server has one model, at its root.
        client.url_prefix += f"/models/{name}"
    return client


def expected(five: Five, name: str) -> list[object]:
    reply = five.client.post(f"/models/{name}/predict/batch", json=list(five.models[name].rows))
    return [answer["prediction"] for answer in reply.json()["predictions"]]


def test_the_client_finds_a_ready_server(five: Five) -> None:
    client = client_of(five, "iris")

    client.wait_server_ready(timeout=5)

    assert client.get_version() == headgate.__version__


@pytest.mark.parametrize("name", NAMES)
def test_a_data_frame_gets_the_same_answers_as_rows(five: Five, name: str) -> None:
    frame = pd.DataFrame(list(five.models[name].rows))

    reply = client_of(five, name).invoke(frame)

    assert reply["predictions"] == expected(five, name)


@pytest.mark.parametrize("name", NAMES)
def test_lists_and_arrays_are_the_columns_in_their_order(five: Five, name: str) -> None:
    rows = [list(row.values()) for row in five.models[name].rows]

    listed = client_of(five, name).invoke(rows)
    array = client_of(five, name).invoke(np.array(rows))

    assert listed["predictions"] == array["predictions"] == expected(five, name)


@pytest.mark.parametrize("form", ["instances", "dataframe_records"])
@pytest.mark.parametrize("name", NAMES)
def test_rows_that_name_their_columns_are_taken(five: Five, name: str, form: str) -> None:
    body = json.dumps({form: list(five.models[name].rows)})

    assert client_of(five, name).invoke(body)["predictions"] == expected(five, name)


@pytest.mark.parametrize("name", NAMES)
def test_columns_by_name_are_taken(five: Five, name: str) -> None:
    rows = five.models[name].rows
    body = json.dumps({"inputs": {n: [row[n] for row in rows] for n in rows[0]}})

    assert client_of(five, name).invoke(body)["predictions"] == expected(five, name)


@pytest.mark.parametrize("name", NAMES)
def test_csv_is_taken(five: Five, name: str) -> None:
    table = pd.DataFrame(list(five.models[name].rows)).to_csv(index=False)

    reply = five.client.post(
        f"/models/{name}/invocations", content=table, headers={"Content-Type": "text/csv"}
    )

    assert reply.json() == {"predictions": expected(five, name)}
