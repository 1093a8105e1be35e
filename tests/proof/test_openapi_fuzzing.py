"""Every operation of the document under generated requests: no 5xx, and nothing undocumented.

``FUZZ_SECONDS=600 make proof`` looks longer.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from headgate.api_keys import digest_of
from headgate.contract import Contract
from headgate.store import open_store
from tests.serve.builtin import a_built_in_model
from tests.serve.making import Made, a_live_model, flower, price, side
from tests.serve.processes import serving

pytestmark = pytest.mark.proof

SECONDS = int(os.environ.get("FUZZ_SECONDS", "40"))
CHECKS = Path(__file__).with_name("schemathesis.toml")
SECRET = "hg_the_key_of_the_fuzzing_client_0"


SETTINGS = f"""
default_model = "flower"
api_keys = "fuzzer:admin:sha256${digest_of(SECRET)}"
prefect_api_url = "http://127.0.0.1:1/api"
"""


@pytest.mark.timeout(SECONDS + 180)
def test_every_operation_answers_as_documented_whatever_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "headgate.toml").write_text(SETTINGS)
    store = open_store(str(tmp_path / "runtime"))
    for name, made in (("flower", a_strict_flower()), ("price", price()), ("side", side())):
        a_live_model(store, name, made)
    for name in ("sentiment", "digits"):
        a_built_in_model(store, name)

    with serving(tmp_path) as port:
        done = fuzz(f"http://127.0.0.1:{port}/openapi.json", tmp_path)

    log = (tmp_path / f"serve-{port}.log").read_text()
    assert done.returncode == 0, done.stdout[-8000:]
    assert "No issues found" in done.stdout
    assert "Traceback" not in log


def a_strict_flower() -> Made:
    """A model whose contract refuses the numbers it could not answer: no model adds up 1e308."""
    made = flower()
    columns = made.contract.columns
    length = columns[0].model_copy(update={"policy": "reject"})
    return replace(made, contract=Contract(columns=(length, *columns[1:])))


def fuzz(document: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Send every operation requests that fit its description, and requests that do not."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={CHECKS}",
        "run",
        document,
        f"--max-time={SECONDS}",
        f"--header=Authorization: Bearer {SECRET}",
        "--continue-on-failure",
        "--warnings=off",
        "--no-color",
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS + 120, check=False
    )
