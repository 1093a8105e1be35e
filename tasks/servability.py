"""Does the service itself load a version and answer over HTTP as the version did when made?"""

import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from headgate.artifacts.files import check_files, read_golden
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError, IntegrityError
from headgate.gate.evidence import Servability
from headgate.scoring.estimators import ClassValue
from headgate.scoring.golden import TOLERANCE, GoldenOutput, GoldenRows
from headgate.settings import Settings
from headgate.stack import Child, ChildDiedError, free_port
from headgate.store import open_store

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 60.0
LOOK_SECONDS = 0.1
PROBLEM_SECONDS = 3.0
MAX_ROWS = 20


class NotServedError(HeadgateError):
    """The service did not answer as it should."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    version: str
    prediction: ClassValue | None
    predicted_class: int | None = None
    probabilities: dict[str, float] | None = None


class _ModelHealth(BaseModel):
    model_config = ConfigDict(extra="ignore")

    problem: str | None = None


class _Health(BaseModel):
    model_config = ConfigDict(extra="ignore")

    models: tuple[_ModelHealth, ...] = ()


def try_serving(
    settings: Settings,
    manifest: Manifest,
    *,
    golden: GoldenRows | None = None,
    limit_seconds: float = LIMIT_SECONDS,
) -> Servability:
    """Start the service for this one version, ask it for its golden rows, and stop it."""
    started = time.monotonic()
    store = open_store(settings.store_url)
    try:
        # A proven version is served without its estimator, which must be sound all the same.
        check_files(store, manifest.files)
    except IntegrityError as err:
        return Servability(passed=False, detail=str(err), seconds=time.monotonic() - started)
    golden = golden or read_golden(store, manifest)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        service = Child(
            "the service",
            [sys.executable, "-m", "serve", "--host", "127.0.0.1", "--port", str(port)],
            environment=_environment(settings, manifest, os.environ, folder),
            cwd=ROOT,
            log=Path(folder) / "service.log",
            own_group=False,
        )
        try:
            _ask(service, port, manifest, golden, started + limit_seconds)
            passed, detail = True, f"answered {_n_rows(golden)} golden rows over HTTP as recorded"
        except ChildDiedError as err:
            passed, detail = False, f"the service ended: {err}"
        except NotServedError as err:
            passed, detail = False, f"{err} Its last log lines:\n{service.last_lines()}"
        finally:
            service.stop()
    return Servability(passed=passed, detail=detail, seconds=time.monotonic() - started)


def _environment(
    settings: Settings, manifest: Manifest, environ: Mapping[str, str], folder: str
) -> dict[str, str]:
    return {
        **environ,
        "HEADGATE_STORE_URL": settings.store_url,
        "HEADGATE_SERVE": f"{manifest.model}@{manifest.version}",
        # Only this process asks, on loopback.
        "HEADGATE_API_KEYS": "",
        "HEADGATE_API_KEYS_FILE": "",
        "HEADGATE_RATE_LIMIT": "",
        "HEADGATE_DRAIN_SECONDS": "0",
        # What is judged is what the store has, not what another server kept of it.
        "HEADGATE_CACHE_DIR": f"{folder}/cache",
    }


def _ask(
    service: Child, port: int, manifest: Manifest, golden: GoldenRows, deadline: float
) -> None:
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, timeout=LIMIT_SECONDS, trust_env=False) as client:
        _wait_until_ready(service, client, deadline)
        path = f"/models/{manifest.model}/predict"
        pairs = zip(golden.rows, golden.outputs, strict=True)
        for number, (row, output) in enumerate(pairs):
            if number == MAX_ROWS:
                break
            answer = _answered(client, path, row, deadline)
            if problem := _difference(answer, output, manifest.version):
                raise NotServedError(f"Golden row {number} was answered with {problem}.")


def _wait_until_ready(service: Child, client: httpx.Client, deadline: float) -> None:
    """Wait for readiness; a service that keeps naming a problem is not waited for to the end."""
    said = "nothing was answered"
    while time.monotonic() < deadline:
        service.check_alive()
        try:
            reply = client.get("/health/ready", timeout=5)
        except httpx.HTTPError:
            time.sleep(LOOK_SECONDS)
            continue
        if reply.is_success:
            return
        if (problem := _problem(reply)) and problem != said:
            said, deadline = problem, min(deadline, time.monotonic() + PROBLEM_SECONDS)
        time.sleep(LOOK_SECONDS)
    raise NotServedError(f"The service did not become ready: {said}.")


def _problem(reply: httpx.Response) -> str | None:
    try:
        health = _Health.model_validate_json(reply.content)
    except ValidationError:
        return f"{reply.status_code} {reply.text[:300]}"
    return "; ".join(model.problem for model in health.models if model.problem) or None


def _answered(
    client: httpx.Client, path: str, row: Mapping[str, object], deadline: float
) -> _Answer:
    left = deadline - time.monotonic()
    try:
        reply = client.post(path, json=dict(row), timeout=max(left, 0.001))
        if reply.is_success:
            return _Answer.model_validate_json(reply.content)
    except (httpx.HTTPError, ValidationError) as err:
        raise NotServedError(f"The service did not answer a golden row: {err!r}.") from err
    raise NotServedError(
        f"The service refused a golden row: {reply.status_code} {reply.text[:300]}."
    )


def _difference(answer: _Answer, output: GoldenOutput, version: str) -> str | None:
    if answer.version != version:
        return f"version {answer.version} instead of {version}"
    if not _same(answer.prediction, output.prediction):
        return f"{answer.prediction!r} instead of {output.prediction!r}"
    if answer.predicted_class != output.predicted_class:
        return f"class {answer.predicted_class} instead of {output.predicted_class}"
    found = tuple((answer.probabilities or {}).values())
    expected = output.probabilities or ()
    if len(found) != len(expected):
        return f"{len(found)} probabilities instead of {len(expected)}"
    gap = max((abs(a - b) for a, b in zip(found, expected, strict=True)), default=0.0)
    return None if gap <= TOLERANCE else f"a probability that differs by {gap:.3g}"


def _same(found: ClassValue | None, expected: ClassValue | None) -> bool:
    if isinstance(found, float) or isinstance(expected, float):
        return (
            isinstance(found, int | float)
            and isinstance(expected, int | float)
            and math.isclose(found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        )
    return found == expected


def _n_rows(golden: GoldenRows) -> int:
    return min(MAX_ROWS, len(golden.rows))
