"""What ``GET /metrics`` shows: all workers of a server together, in Prometheus' text form."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from serve.telemetry.shared_folder import is_alive

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# The library ends the name of every counter in _total; this one is promised without.
_RENAMED = re.compile(rb"^((?:# (?:HELP|TYPE) )?request_count)_total(?=[ {])", re.MULTILINE)

# The library leaves these two untyped.
_collector_of: Callable[[CollectorRegistry | None, str], Collector] = MultiProcessCollector
_drop_gauges: Callable[[int, str], None] = mark_process_dead


class _Shown(Collector):
    """Several collectors as one, without the times at which metrics were made."""

    def __init__(self, collectors: Iterable[Collector]) -> None:
        self._collectors = tuple(collectors)

    def collect(self) -> Iterator[Metric]:
        for collector in self._collectors:
            for metric in collector.collect():
                metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
                yield metric


def expose(own: CollectorRegistry, now: Collector, folder: str | None) -> bytes:
    """Return the text: what all workers wrote to ``folder``, or what this process counted alone.

    ``now`` is what this worker knows for all of them.
    """
    if folder is None:
        counted: Collector = own
    else:
        _forget_dead(Path(folder))
        counted = _collector_of(None, folder)
    return _RENAMED.sub(rb"\1", generate_latest(_Shown([counted, now])))


def _forget_dead(folder: Path) -> None:
    """Drop the gauges of workers that are gone; what they counted stays counted."""
    pids = {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}
    for pid in pids:
        if not is_alive(pid):
            # Another worker may be doing the same.
            with suppress(FileNotFoundError):
                _drop_gauges(pid, str(folder))
