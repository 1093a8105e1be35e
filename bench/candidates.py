"""Who is compared: how each is started, asked, and what a body looks like to it."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from bench.problems import MODELS, ROOT, TRUSTED, Problem, Row

PEERS = ROOT / "bench" / "peers"
ENVIRONMENTS = ROOT / "bench" / ".peers"
KEY = "bench-key-0123456789abcdef0123456789abcdef"
# One computing thread a process: with more, libraries fight over two cores.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Encode = Callable[[Sequence[Row]], bytes]


@dataclass(frozen=True, slots=True)
class At:
    """Where a candidate listens, and a folder for what it writes."""

    port: int
    work: Path


@dataclass(frozen=True, slots=True)
class Start:
    """What to run: in which folder, with which environment beside one thread a process."""

    command: tuple[str, ...]
    path: str
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server to compare; ``group`` is ours, peer, naive or floor."""

    name: str
    group: str
    start: Callable[[Problem, At], Start]
    encode: Encode
    encode_one: Encode | None = None

    def body(self, rows: Sequence[Row]) -> bytes:
        single = self.encode_one if len(rows) == 1 and self.encode_one else self.encode
        return single(rows)


def as_list(rows: Sequence[Row]) -> bytes:
    """Return rows as a JSON list."""
    return json.dumps(rows).encode()


def as_flat(rows: Sequence[Row]) -> bytes:
    """Return one row as a flat JSON object."""
    return json.dumps(rows[0]).encode()


def as_rows(rows: Sequence[Row]) -> bytes:
    """Return rows under the name that BentoML and LitServe take here."""
    return json.dumps({"rows": rows}).encode()


def as_records(rows: Sequence[Row]) -> bytes:
    """Return rows as MLflow takes them."""
    return json.dumps({"dataframe_records": rows}).encode()


def as_tensors(rows: Sequence[Row]) -> bytes:
    """Return rows as columns of the Open Inference Protocol, for MLServer's pandas codec."""
    inputs = []
    for name in rows[0]:
        column = [row[name] for row in rows]
        text = isinstance(column[0], str)
        kind = {"datatype": "BYTES", "parameters": {"content_type": "str"}}
        spec = kind if text else {"datatype": "FP64"}
        inputs.append({"name": name, "shape": [len(rows), 1], "data": column, **spec})
    outputs = [{"name": "predict"}, {"name": "predict_proba"}]
    body = {"inputs": inputs, "outputs": outputs, "parameters": {"content_type": "pd"}}
    return json.dumps(body).encode()


def ours(problem: Problem, at: At) -> Start:
    """Everything switched on: validation, metrics, JSON logs, request ids, keys."""
    environment = {
        "HEADGATE_STORE_URL": problem.store_url,
        "HEADGATE_SERVE": problem.name,
        "HEADGATE_DEFAULT_MODEL": problem.name,
        "HEADGATE_MODELS_DIR": os.pathsep.join(map(str, MODELS)),
        "HEADGATE_TRUSTED_TYPES": ",".join(TRUSTED),
        "HEADGATE_API_KEYS": f"bench:predict:sha256${hashlib.sha256(KEY.encode()).hexdigest()}",
        "HEADGATE_CACHE_DIR": str(at.work / "cache"),
    }
    command = (sys.executable, "-m", "serve", "--port", str(at.port), "--workers", "1")
    return Start(command, "/predict", environment, key=KEY)


def _uvicorn(folder: str, workers: int, **environment: str) -> Callable[[Problem, At], Start]:
    def start(problem: Problem, at: At) -> Start:
        command = (
            *(sys.executable, "-m", "uvicorn", "app:app", "--no-access-log"),
            *("--port", str(at.port), "--workers", str(workers), "--log-level", "warning"),
        )
        own = {"MODEL_FILE": str(problem.model_file), "PYTHONPATH": f"{ROOT}:{ROOT / 'bench'}"}
        return Start(command, "/predict", {**own, **environment}, PEERS / folder)

    return start


def _python(name: str) -> str:
    return str(ENVIRONMENTS / name / "bin" / "python")


def _binary(name: str, program: str) -> str:
    return str(ENVIRONMENTS / name / "bin" / program)


def mlserver(*, batching: bool) -> Callable[[Problem, At], Start]:
    """MLServer with two worker processes, or with its adaptive batching on top."""

    def start(problem: Problem, at: At) -> Start:
        folder = at.work / f"mlserver-{problem.name}-{batching}"
        folder.mkdir(parents=True, exist_ok=True)
        model: dict[str, JsonValue] = {
            "name": problem.name,
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": str(problem.model_file)},
        }
        if batching:
            model |= {"max_batch_size": 64, "max_batch_time": 0.005}
        settings = {
            "http_port": at.port,
            "grpc_port": at.port + 1,
            "metrics_port": at.port + 2,
            "host": "127.0.0.1",
            "parallel_workers": 2,
            "debug": False,
        }
        (folder / "model-settings.json").write_text(json.dumps(model))
        (folder / "settings.json").write_text(json.dumps(settings))
        path = f"/v2/models/{problem.name}/infer"
        environment = {"PATH": f"{ENVIRONMENTS / 'mlserver' / 'bin'}:{os.environ['PATH']}"}
        return Start((_binary("mlserver", "mlserver"), "start", "."), path, environment, folder)

    return start


def bentoml(problem: Problem, at: At) -> Start:
    """BentoML with two workers; its own batching answers 503 to everything with these models."""
    command = (_binary("bentoml", "bentoml"), "serve", "service:Peer", "--port", str(at.port))
    environment = {
        "MODEL_FILE": str(problem.model_file),
        "BENTOML_HOME": str(at.work / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "PATH": f"{ENVIRONMENTS / 'bentoml' / 'bin'}:{os.environ['PATH']}",
    }
    return Start((*command, "--host", "127.0.0.1"), "/predict", environment, PEERS / "bentoml")


def litserve(*, batching: bool) -> Callable[[Problem, At], Start]:
    """LitServe with two workers, with and without batches of 32 within 5 ms."""

    def start(problem: Problem, at: At) -> Start:
        environment = {"MODEL_FILE": str(problem.model_file), "BATCHED": "1" if batching else "0"}
        command = (_python("litserve"), "server.py", str(at.port))
        return Start(command, "/predict", environment, PEERS / "litserve")

    return start


def mlflow(problem: Problem, at: At) -> Start:
    """MLflow's scoring server with two workers."""
    folder = at.work / f"mlflow-{problem.name}"
    save = [_python("mlflow"), "save.py", str(problem.model_file), str(folder)]
    if not (folder / "MLmodel").exists():
        subprocess.run(save, cwd=PEERS / "mlflow", check=True, capture_output=True)
    command = (
        *(_binary("mlflow", "mlflow"), "models", "serve", "-m", str(folder)),
        *("--env-manager", "local", "-p", str(at.port), "-h", "127.0.0.1", "-w", "2"),
    )
    environment = {"PATH": f"{ENVIRONMENTS / 'mlflow' / 'bin'}:{os.environ['PATH']}"}
    return Start(command, "/invocations", environment, at.work)


def ray(*, batching: bool) -> Callable[[Problem, At], Start]:
    """Ray Serve with two replicas, with and without batches of 32 within 5 ms."""

    def start(problem: Problem, at: At) -> Start:
        environment = {
            "MODEL_FILE": str(problem.model_file),
            "BATCHED": "1" if batching else "0",
            "RAY_USAGE_STATS_ENABLED": "0",
            "BENCH_PORT": str(at.port),
        }
        command = (_python("ray"), "run.py")
        return Start(command, "/", environment, PEERS / "ray")

    return start


CANDIDATES = (
    Candidate("echo (raw ASGI, 1 worker)", "floor", _uvicorn("floor", 1), as_list, as_flat),
    Candidate(
        "FastAPI constant (1 worker)",
        "floor",
        _uvicorn("floor", 1, FLOOR="fastapi"),
        as_list,
        as_flat,
    ),
    Candidate("Headgate (1 worker)", "ours", ours, as_list, as_flat),
    Candidate("naive FastAPI (2 workers)", "naive", _uvicorn("naive", 2), as_list),
    Candidate("MLServer", "peer", mlserver(batching=False), as_tensors),
    Candidate("MLServer, batching", "peer", mlserver(batching=True), as_tensors),
    Candidate("BentoML", "peer", bentoml, as_rows),
    Candidate("LitServe", "peer", litserve(batching=False), as_rows),
    Candidate("LitServe, batching", "peer", litserve(batching=True), as_rows),
    Candidate("MLflow", "peer", mlflow, as_records),
    Candidate("Ray Serve", "peer", ray(batching=False), as_list),
    Candidate("Ray Serve, batching", "peer", ray(batching=True), as_list),
)
