"""Results as a table and a plot: ``python -m bench.table`` reads what `bench.serving` wrote."""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from bench.problems import ROOT
from bench.serving import Measured
from bench.wrk import Cell

RESULTS = ROOT / "bench" / "results"
# The least times the best peer's requests per second, for a cell of one row and one of 32.
TARGETS = {"tabular": (20.0, 12.0), "iris": (12.0, 12.0), "sentiment": (5.0, 5.0)}
UNPROVEN_TARGET = 4.0
ECHO_TARGETS = {"1x1": 0.35, "8x1": 0.35, "32x1": 0.5, "64x1": 0.5}
COLOURS = {"ours": "tab:green", "peer": "tab:blue", "naive": "tab:orange", "floor": "tab:gray"}


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate of one problem: the median of its rounds, by cell."""

    candidate: str
    group: str
    start_seconds: float
    rss_mb: float
    cells: Mapping[str, Cell]


def read(path: Path) -> tuple[dict[str, object], list[Measured]]:
    """Return what a run says about itself, and everything it measured."""
    document = json.loads(path.read_text())
    measured = [
        Measured(**{**one, "cells": {name: Cell(**cell) for name, cell in one["cells"].items()}})
        for one in document["measured"]
    ]
    return document["about"], measured


def rows_of(measured: list[Measured], problem: str) -> list[Row]:
    """Return the medians over the rounds of one problem, in the order they were started."""
    here = [one for one in measured if one.problem == problem]
    names = dict.fromkeys(one.candidate for one in here)
    return [_median([one for one in here if one.candidate == name]) for name in names]


def _median(rounds: list[Measured]) -> Row:
    first = rounds[0]
    cells = {name: _median_cell([one.cells[name] for one in rounds]) for name in first.cells}
    return Row(
        first.candidate,
        first.group,
        statistics.median(one.start_seconds for one in rounds),
        statistics.median(one.rss_mb for one in rounds),
        cells,
    )


def _median_cell(cells: list[Cell]) -> Cell:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(cell, name) for cell in cells))

    return Cell(
        per_second=middle("per_second"),
        p50_ms=middle("p50_ms"),
        p95_ms=middle("p95_ms"),
        p99_ms=middle("p99_ms"),
        max_ms=max(cell.max_ms for cell in cells),
        n_requests=sum(cell.n_requests for cell in cells),
        n_refused=sum(cell.n_refused for cell in cells),
        n_broken=sum(cell.n_broken for cell in cells),
        cpu_us=middle("cpu_us"),
    )


def table(problem: str, rows: list[Row]) -> str:
    """Return one problem's table in Markdown, with the ratios that are promised under it."""
    cells = list(rows[0].cells)
    head = " | ".join(f"{_words(name)}: req/s (p99 ms)" for name in cells)
    lines = [
        f"### {problem}\n",
        f"| candidate | {head} | cpu us at 32 | RSS MB | start s | not 200, broken |",
        "|---|" + "---|" * (len(cells) + 4),
    ]
    for row in rows:
        shown = " | ".join(
            f"{cell.per_second:.0f} ({cell.p99_ms:.1f})" for cell in row.cells.values()
        )
        wrong = sum(c.n_refused + c.n_broken for c in row.cells.values())
        lines.append(
            f"| {row.candidate} | {shown} | {row.cells['32x1'].cpu_us:.0f} | {row.rss_mb:.0f} | "
            f"{row.start_seconds:.1f} | {wrong} |"
        )
    return "\n".join([*lines, "", *ratios(problem, rows)]) + "\n"


def ratios(problem: str, rows: list[Row]) -> list[str]:
    """Return a line for every promise: what was aimed at, what was found, met or not."""
    ours = next((row for row in rows if row.group == "ours"), None)
    if ours is None:
        return []
    lines = []
    rivals = [row for row in rows if row.group == "peer"]
    if rivals:
        least_one, least_many = TARGETS[problem]
        for name, cell in ours.cells.items():
            best = max(rivals, key=lambda row: row.cells[name].per_second)
            least = least_many if name.endswith("x32") else least_one
            found = cell.per_second / best.cells[name].per_second
            lines.append(
                _promise(f"{_words(name)}: times the best peer ({best.candidate})", found, least)
            )
            calmest = min(row.cells[name].p99_ms for row in rivals)
            lines.append(
                _promise(f"{_words(name)}: best p99 of a peer over ours", calmest / cell.p99_ms, 10)
            )
        quickest = min(row.start_seconds for row in rivals)
        lines.append(
            _promise("start of the quickest peer over ours", quickest / ours.start_seconds, 2)
        )
    return [*lines, *_against_floor(problem, rows, ours), *_against_naive(problem, rows, ours)]


def _against_floor(problem: str, rows: list[Row], ours: Row) -> list[str]:
    echo = next((row for row in rows if row.candidate.startswith("echo")), None)
    if echo is None or problem == "unproven":
        return []
    lines = [
        _promise(
            f"{_words(name)}: of the raw ASGI echo",
            ours.cells[name].per_second / echo.cells[name].per_second,
            least,
        )
        for name, least in ECHO_TARGETS.items()
    ]
    cost = echo.cells["32x1"].cpu_us / ours.cells["32x1"].cpu_us
    return [*lines, _promise("CPU a request at 32 connections: the echo's over ours", cost, 0.5)]


def _against_naive(problem: str, rows: list[Row], ours: Row) -> list[str]:
    naive = next((row for row in rows if row.group == "naive"), None)
    if naive is None or problem != "unproven":
        return []
    found = ours.cells["32x1"].per_second / naive.cells["32x1"].per_second
    return [_promise("32 connections: times the naive service", found, UNPROVEN_TARGET)]


def _promise(what: str, found: float, least: float) -> str:
    return f"- {what}: **{found:.2f}**, aim {least:g}: {'met' if found >= least else 'MISSED'}"


def _words(cell: str) -> str:
    connections, n_rows = cell.split("x")
    return f"{connections} conn" if n_rows == "1" else f"{connections} conn, {n_rows} rows"


def plot(tables: Mapping[str, list[Row]], path: Path) -> None:
    """Draw requests per second of every candidate, one panel a problem, on a log scale."""
    mpl.use("Agg")
    figure, panels = plt.subplots(
        1, len(tables), figsize=(6 * len(tables), 5), layout="constrained", squeeze=False
    )
    for panel, (problem, rows) in zip(panels[0], tables.items(), strict=True):
        for row in rows:
            cells = [name for name in row.cells if name.endswith("x1")]
            panel.plot(
                [name.removesuffix("x1") for name in cells],
                [row.cells[name].per_second for name in cells],
                marker="o",
                label=row.candidate,
                color=COLOURS[row.group],
                linestyle="--" if "batching" in row.candidate else "-",
                linewidth=3 if row.group == "ours" else 1,
            )
            last = row.cells[cells[-1]].per_second
            panel.annotate(
                row.candidate,
                (len(cells) - 1, last),
                fontsize=6,
                xytext=(4, 0),
                textcoords="offset points",
            )
        panel.set(yscale="log", title=problem, xlabel="connections", ylabel="requests per second")
        panel.margins(x=0.25)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> int:
    """Write ``serving.md`` and ``serving.png`` beside the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.table", description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", default=RESULTS / "serving.json")
    given = parser.parse_args(arguments)
    about, measured = read(given.results)
    problems = dict.fromkeys(one.problem for one in measured)
    tables = {problem: rows_of(measured, problem) for problem in problems}
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    pages = "\n".join(table(problem, rows) for problem, rows in tables.items())
    note = "Medians over the rounds; servers and wrk share the processors."
    page = f"# Serving, measured\n\n{facts}\n\n{note}\n\n{pages}"
    given.results.with_suffix(".md").write_text(page)
    plot(tables, given.results.with_suffix(".png"))
    sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
