"""Rows reach the log of a real server only where the operator wants that, and never whole."""

import json

from headgate.settings import Settings
from headgate.store import Store
from serve.telemetry.inputs import REDACTED
from tests.serve.making import FLOWER, a_live_model, flower
from tests.serve.running import running
from tests.serve.telemetry.reading import KeptLines

CALLS = [
    ("/models/flower/predict", FLOWER),
    ("/models/flower/predict?explain=true", FLOWER),
    ("/models/flower/predict/batch", [FLOWER]),
    ("/models/flower/invocations", {"dataframe_records": [FLOWER]}),
]


def logged(settings: Settings) -> list[dict[str, object]]:
    log = KeptLines()
    with running(settings, log) as client:
        for path, body in CALLS:
            assert client.post(path, json=body).status_code == 200
    return [line for line in map(json.loads, log.lines) if line["model"] == "flower"]


def test_without_the_switch_no_row_is_logged(settings: Settings, store: Store) -> None:
    a_live_model(store, "flower", flower())

    lines = logged(settings)

    assert len(lines) == len(CALLS)
    assert not any("inputs" in line for line in lines)


def test_with_it_rows_are_logged_without_the_columns_to_hide(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "flower", flower())
    switched_on = {"log_inputs": True, "log_redact": ("colour",)}

    lines = logged(settings.model_copy(update=switched_on))

    shown = {**FLOWER, "colour": REDACTED}
    assert [line["inputs"] for line in lines] == [[shown]] * len(CALLS)
