"""A thousand hostile bodies over real HTTP: a 4xx each, flat memory, and good answers after."""

import json
from pathlib import Path

import httpx
import psutil
import pytest

from headgate.store import open_store
from tests.serve.hostile import RAW, hostile, raw_status
from tests.serve.making import AREA, FLOWER, a_live_model, flower
from tests.serve.starting import started

pytestmark = pytest.mark.proof

N_BODIES = 1000
N_RAW = 10
SEED = 20_240
MOST_GROWTH = 32 * 1024**2


@pytest.mark.timeout(600)
def test_a_thousand_hostile_bodies_get_a_4xx_each_and_memory_stays_flat(tmp_path: Path) -> None:
    a_live_model(open_store(str(tmp_path / "runtime")), "flower", flower())
    environment = {"HEADGATE_BODY_SECONDS": "1", "HEADGATE_DEFAULT_MODEL": "flower"}
    with started(tmp_path, **environment) as (process, port):
        memory = psutil.Process(process.pid).memory_info
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
        ) as client:
            wrong, resident = {}, []
            for number, request in enumerate(hostile(SEED, N_BODIES)):
                headers = {
                    name.encode(): text.encode("latin-1") for name, text in request.headers.items()
                }
                status = client.post(
                    request.path, content=request.body, headers=headers
                ).status_code
                if not 400 <= status < 500:
                    wrong[request.what] = status
                if number % 100 == 99:
                    resident.append(memory().rss)
            statuses = {
                f"{name} {n}": raw_status("127.0.0.1", port, name)
                for name in RAW
                for n in range(N_RAW)
            }
            resident.append(memory().rss)
            answered = (
                client.post("/predict", json=FLOWER),
                client.post("/models/price/predict", json=AREA),
            )

    assert wrong == {}
    assert [what for what, code in statuses.items() if code != 0 and not 400 <= code < 500] == []
    assert resident[-1] - resident[1] < MOST_GROWTH, json.dumps(resident)
    assert [reply.status_code for reply in answered] == [200, 200]
