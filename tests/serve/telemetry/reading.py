"""Reads metrics back, and makes requests to count."""

import re
from collections.abc import Iterator, Sequence

from serve.telemetry import Served

SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def samples(text: str) -> dict[str, float]:
    """Return every sample by its name and labels."""
    return {
        name + "".join(f" {key}={value}" for key, value in sorted(labels.items())): value
        for name, labels, value in _read(text)
    }


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that have these labels."""
    return sum(
        value
        for found, its, value in _read(text)
        if found == name and labels.items() <= its.items()
    )


def _read(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    # The library's own parser renames counters as it reads.
    for name, labels, value in SAMPLE.findall(text):
        yield name, dict(LABEL.findall(labels)), float(value)


def a_request(**changes: object) -> Served:
    served = Served(
        endpoint="/predict",
        model="flower",
        version="v0001",
        status=200,
        latency_seconds=0.002,
        predict_seconds=0.0005,
        request_id="abc-1",
        prediction_id="flower-v0001-1-00ff00ff00ff00ff",
        label="rose",
        caller="shop",
        n_rows=1,
    )
    for name, value in changes.items():
        setattr(served, name, value)
    return served


class KeptLines:
    """Keeps log lines where standard error would be."""

    n_lost = 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, lines: Sequence[str]) -> None:
        self.lines.extend(lines)

    def close(self) -> None:
        pass
