"""Whatever is sent in bad faith gets a 4xx, and the server is none the worse for it."""

import gc
from collections.abc import Iterator

import httpx
import psutil
import pytest

from headgate.settings import Settings
from tests.serve.hostile import KINDS, RAW, hostile, raw_status
from tests.serve.making import FLOWER
from tests.serve.running import running

SEED = 7
BODY_SECONDS = 0.5
MOST_GROWTH = 64 * 1024**2


@pytest.fixture(scope="module")
def patient(shop_settings: Settings) -> Iterator[httpx.Client]:
    with running(shop_settings.model_copy(update={"body_seconds": BODY_SECONDS})) as client:
        yield client


def test_hundreds_of_hostile_bodies_get_a_4xx_each_and_leave_no_memory_behind(
    patient: httpx.Client,
) -> None:
    wrong, resident = {}, []
    for number, request in enumerate(hostile(SEED, 20 * len(KINDS))):
        headers = {
            name.encode(): value.encode("latin-1") for name, value in request.headers.items()
        }
        reply = patient.post(request.path, content=request.body, headers=headers)
        if not 400 <= reply.status_code < 500:
            wrong[request.what] = reply.status_code
        if number % (5 * len(KINDS)) == 0:
            gc.collect()
            resident.append(psutil.Process().memory_info().rss)

    assert wrong == {}
    assert resident[-1] - resident[1] < MOST_GROWTH
    assert patient.post("/predict", json=FLOWER).status_code == 200


@pytest.mark.parametrize("name", RAW)
def test_what_no_client_of_http_sends_is_refused_or_cut_off(
    patient: httpx.Client, name: str
) -> None:
    status = raw_status("127.0.0.1", patient.base_url.port or 0, name)

    assert status == 0 or 400 <= status < 500
    if name in ("half a body, then nothing", "byte by byte"):
        assert status == 408
