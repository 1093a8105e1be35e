"""``make bench-serve``: every candidate, every cell, all in one interleaved run."""

import argparse
import contextlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.candidates import CANDIDATES, Candidate
from bench.problems import ROOT, Problem, build
from bench.running import DidNotStartError, Running, started
from bench.wrk import Cell, measure, memory_mb

WORK = ROOT / "bench" / ".work"
RESULTS = ROOT / "bench" / "results"
PROBLEMS = ("tabular", "iris", "sentiment", "unproven")
# Connections and rows a body.
CELLS = ((1, 1), (8, 1), (32, 1), (64, 1), (8, 32))
WARM_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One candidate in one round of one problem."""

    problem: str
    candidate: str
    group: str
    round: int
    start_seconds: float
    rss_mb: float
    pss_mb: float
    cells: dict[str, Cell]


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write results as JSON; `bench.table` makes table and plot of them."""
    given = _arguments(arguments)
    chosen = [c for c in CANDIDATES if not given.only or any(o in c.name for o in given.only)]
    done: list[Measured] = []
    for name in given.problems:
        problem = build(name, WORK)
        candidates = [c for c in chosen if _takes_part(c, name)]
        for number in range(given.rounds):
            # The other way round every other time: what drifts drifts for and against everybody.
            for candidate in candidates if number % 2 == 0 else reversed(candidates):
                if (measured := _measured(candidate, problem, number, given.seconds)) is not None:
                    done.append(measured)
    RESULTS.mkdir(exist_ok=True)
    document = {"about": about(given), "measured": [asdict(m) for m in done]}
    given.out.write_text(json.dumps(document, indent=1) + "\n")
    sys.stdout.write(f"{given.out}\n")
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("--problems", nargs="+", default=PROBLEMS, choices=PROBLEMS)
    parser.add_argument("--only", nargs="+", help="candidates whose names hold one of these")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "serving.json")
    return parser.parse_args(arguments)


def _takes_part(candidate: Candidate, problem: str) -> bool:
    # The unproven model has a class of its own, which only processes with our models can load.
    return problem != "unproven" or candidate.group != "peer"


def _measured(candidate: Candidate, problem: Problem, number: int, seconds: int) -> Measured | None:
    begun = time.perf_counter()
    try:
        with started(candidate, problem, WORK) as running:
            cells = {
                f"{connections}x{n_rows}": _cell(
                    candidate, problem, running, connections, n_rows, seconds
                )
                for connections, n_rows in CELLS
            }
            rss, pss = memory_mb(running.pid)
    except DidNotStartError as err:
        sys.stdout.write(f"{problem.name:10} {candidate.name:28} did not start: {str(err)[:400]}\n")
        return None
    shown = "  ".join(f"{name} {cell.per_second:.0f}/s" for name, cell in cells.items())
    took = time.perf_counter() - begun
    line = f"{problem.name:10} round {number + 1} {candidate.name:28} {shown}  [{took:.0f} s]\n"
    sys.stdout.write(line)
    sys.stdout.flush()
    return Measured(
        problem.name,
        candidate.name,
        candidate.group,
        number + 1,
        running.start_seconds,
        rss,
        pss,
        cells,
    )


def _cell(
    candidate: Candidate,
    problem: Problem,
    running: Running,
    connections: int,
    n_rows: int,
    seconds: int,
) -> Cell:
    path = running.url
    if candidate.group == "ours" and n_rows > 1:
        path += "/batch"
    body = candidate.body(problem.rows[:n_rows])
    measure(
        path,
        body,
        connections=connections,
        seconds=WARM_SECONDS,
        server=running.pid,
        key=running.key,
    )
    return measure(
        path, body, connections=connections, seconds=seconds, server=running.pid, key=running.key
    )


def about(given: argparse.Namespace) -> dict[str, object]:
    """Return the machine, the time and the command of a run."""
    cpu = "unknown"
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if "model name" in line), cpu)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "python -m bench.serving " + " ".join(sys.argv[1:]),
        "rounds": given.rounds,
        "seconds": given.seconds,
        "python": platform.python_version(),
        "cpu": cpu,
        "n_cpus": os.cpu_count(),
        "load_average": os.getloadavg(),
    }


if __name__ == "__main__":
    sys.exit(main())
