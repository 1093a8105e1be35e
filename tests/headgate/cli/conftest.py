import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import JsonValue, TypeAdapter

from headgate.cli.main import run
from tests.fixtures_prefect import free_port

ROOT = Path(__file__).resolve().parents[3]
_OBJECT = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, JsonValue]:
        return _OBJECT.validate_python(json.loads(self.out))


Cli = Callable[..., Said]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run commands in this process, on a store of this test, with nothing else running."""
    away = f"http://127.0.0.1:{free_port()}"
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HEADGATE_STORE_URL", str(tmp_path / "store"))
    monkeypatch.setenv("HEADGATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PREFECT_API_URL", f"{away}/api")
    monkeypatch.setenv("HEADGATE_PORT", away.rpartition(":")[2])

    def call(*arguments: str) -> Said:
        code = run(list(arguments))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
