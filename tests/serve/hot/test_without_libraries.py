"""Without the fast libraries the service answers the same, slower."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from headgate.settings import Settings
from tests.serve.making import FLOWER

ROOT = Path(__file__).parents[3]
BODIES: dict[str, object] = {
    "/predict": FLOWER,
    "/predict/top-k": FLOWER | {"petals": 5.0},
    "/predict/batch": [FLOWER, FLOWER | {"colour": "green"}],
    "/models/price/predict": {"area": "wide"},
}
# Runs in a process of its own: what is imported once stays imported.
SCRIPT = """
import sys

MISSING = {"msgspec", "orjson", "uvloop", "httptools", "onnxruntime"}

class Without:
    def __init__(self, finder):
        self._finder = finder
    def __getattr__(self, name):
        return getattr(self._finder, name)
    def find_spec(self, name, path=None, target=None):
        missing = name.partition(".")[0] in MISSING
        return None if missing else self._finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]

import json
from headgate.settings import Settings
from tests.serve.running import running

settings = Settings.model_validate_json(sys.argv[1])
with running(settings) as client:
    replies = {path: client.post(path, json=body) for path, body in json.loads(sys.argv[2]).items()}
    found = {path: [reply.status_code, reply.json()] for path, reply in replies.items()}
print(json.dumps({"replies": found, "imported": sorted(MISSING & sys.modules.keys())}))
"""


@pytest.fixture(scope="module")
def slow_replies(shop_settings: Settings) -> dict[str, list[object]]:
    command = [sys.executable, "-c", SCRIPT, shop_settings.model_dump_json(), json.dumps(BODIES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["imported"] == []
    replies: dict[str, list[object]] = found["replies"]
    return replies


def without_what_changes(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: without_what_changes(item)
            for key, item in value.items()
            if key not in {"prediction_id", "latency_ms"}
        }
    return [without_what_changes(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", BODIES)
def test_every_answer_and_refusal_is_the_same(
    shop: httpx.Client, slow_replies: dict[str, list[object]], path: str
) -> None:
    fast = shop.post(path, json=BODIES[path])

    assert slow_replies[path][0] == fast.status_code
    assert without_what_changes(slow_replies[path][1]) == without_what_changes(fast.json())
