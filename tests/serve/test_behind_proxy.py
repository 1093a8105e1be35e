"""Behind a proxy that ends TLS: whom it answers for, and under which path."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue, TypeAdapter

from headgate.api_keys import SCHEME, digest_of
from headgate.store import Store
from tests.serve.making import AREA, price, promoted
from tests.serve.proven import a_proven_version
from tests.serve.starting import started_with

CALLER, FORGED, HERE = "203.0.113.9", "198.51.100.1", "127.0.0.1"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"{FORGED}, {CALLER}"}
SECRET = "secret-of-a-caller"
LINES = TypeAdapter(list[dict[str, JsonValue]])


def a_proven_price(store: Store) -> None:
    promoted(store, a_proven_version(store, "price", price()))


def requests_logged(folder: Path) -> list[dict[str, JsonValue]]:
    lines = (folder / "server.log").read_text().splitlines()
    told = LINES.validate_python([json.loads(line) for line in lines if line.startswith("{")])
    return [line for line in told if line["event"] == "request"]


@pytest.mark.parametrize(
    ("proxies", "address"),
    [
        pytest.param(HERE, CALLER, id="trusted"),
        pytest.param("192.0.2.1,127.0.0.0/8", CALLER, id="in a trusted network"),
        pytest.param("192.0.2.1", HERE, id="another is trusted"),
        pytest.param("", HERE, id="none is trusted"),
    ],
)
def test_a_caller_who_is_turned_away_is_logged_as_a_trusted_proxy_tells(
    tmp_path: Path, proxies: str, address: str
) -> None:
    key = f"caller:predict:{SCHEME}{digest_of(SECRET)}"
    options = {"HEADGATE_API_KEYS": key, "HEADGATE_FORWARDED_ALLOW_IPS": proxies}

    with (
        started_with(a_proven_price, tmp_path, **options) as (_, port),
        httpx.Client(base_url=f"http://{HERE}:{port}", headers=FORWARDED) as client,
    ):
        refused = [client.post("/predict", json=AREA), client.get("/models")]
        answered = client.post("/predict", json=AREA, headers={"X-API-Key": SECRET})

    told = {
        (line["endpoint"], line["status"]): line.get("address")
        for line in requests_logged(tmp_path)
    }
    assert [reply.status_code for reply in (*refused, answered)] == [401, 401, 200]
    assert told["/predict", 401] == told["/models", 401] == address
    assert told["/predict", 200] is None


def test_a_path_of_the_environment_is_in_every_link_and_no_link_names_a_scheme(
    tmp_path: Path,
) -> None:
    options = {"HEADGATE_ROOT_PATH": "/ml/gate", "HEADGATE_FORWARDED_ALLOW_IPS": HERE}

    with (
        started_with(a_proven_price, tmp_path, **options) as (_, port),
        httpx.Client(base_url=f"http://{HERE}:{port}", headers=FORWARDED) as client,
    ):
        # Some proxies cut the path, some leave it.
        seen = {prefix: look(client, prefix) for prefix in ("", "/ml/gate")}

    expected = Seen("/ml/gate/docs", (), ({"url": "/ml/gate"},), "v0002")
    assert seen == {"": expected, "/ml/gate": expected}


@dataclass(frozen=True)
class Seen:
    """Where the root leads, links of the page that are no relative ones, and more."""

    root: str
    absolute_links: tuple[str, ...]
    servers: tuple[dict[str, str], ...]
    version: str


def look(client: httpx.Client, prefix: str) -> Seen:
    root = client.get(f"{prefix}/", headers={"Accept": "text/html"})
    page = client.get(f"{prefix}/docs").raise_for_status()
    document = client.get(f"{prefix}/openapi.json").json()
    answer = client.post(f"{prefix}/predict", json=AREA).json()
    links = tuple(re.findall(r'(?:src|href)="(/|\w+:)', page.text))
    return Seen(
        root.headers["Location"], tuple(links), tuple(document["servers"]), answer["version"]
    )
