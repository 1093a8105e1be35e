"""Load by wrk (Debian's package): one cell of the table is so many connections for some seconds."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local key = os.getenv("BENCH_KEY")
if key then wrk.headers["Authorization"] = "Bearer " .. key end
local file = io.open(os.getenv("BENCH_BODY"), "rb")
wrk.body = file:read("*a")
file:close()
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) refused = 0 end
function response(status, headers, body) if status ~= 200 then refused = refused + 1 end end
function done(summary, latency, requests)
  local n = 0
  for _, thread in ipairs(threads) do n = n + thread:get("refused") end
  local e = summary.errors
  io.write(string.format(
    'RESULT {"n":%d,"us":%d,"p50":%d,"p95":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95),
    latency:percentile(99), latency.max, n, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement. Times in milliseconds, ``cpu_us`` is the server's per request."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    n_requests: int
    n_refused: int
    n_broken: int
    cpu_us: float


def measure(
    url: str, body: bytes, *, connections: int, seconds: int, server: int, key: str | None = None
) -> Cell:
    """Ask ``url`` with ``body`` and return what came back; ``server`` is the pid to account to.

    Raises:
        RuntimeError: if wrk is not installed or fails.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed. On Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        script, sent = Path(folder, "ask.lua"), Path(folder, "body")
        script.write_text(_SCRIPT)
        sent.write_bytes(body)
        environment = {**os.environ, "BENCH_BODY": str(sent)} | ({"BENCH_KEY": key} if key else {})
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        before = cpu_seconds(server)
        done = subprocess.run(
            [*command, "-s", str(script), url],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        )
        spent = cpu_seconds(server) - before
    found = json.loads(done.stdout.split("RESULT ")[1])
    answered = max(found["n"], 1)
    return Cell(
        per_second=(found["n"] - found["refused"]) / found["us"] * 1e6,
        p50_ms=found["p50"] / 1e3,
        p95_ms=found["p95"] / 1e3,
        p99_ms=found["p99"] / 1e3,
        max_ms=found["max"] / 1e3,
        n_requests=found["n"],
        n_refused=found["refused"],
        n_broken=found["broken"],
        cpu_us=spent / answered * 1e6,
    )


def family(pid: int) -> list[psutil.Process]:
    """Return a process and everything it started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and everything it started."""
    times = [p.cpu_times() for p in family(pid)]
    return sum(t.user + t.system for t in times)


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident and proportional memory of a process and everything it started, in MB."""
    found = [p.memory_full_info() for p in family(pid)]
    return sum(f.rss for f in found) / 1e6, sum(f.pss for f in found) / 1e6
