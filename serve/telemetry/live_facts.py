"""What answers right now, read from the live models when somebody looks."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from serve.live import Live, LiveModel


class LiveFacts(Collector):
    """Which versions are loaded, by which engine they answer, and whether that is proven.

    The workers of a server follow the same ledger, so the one that is asked speaks for all.
    """

    def __init__(self) -> None:
        self._live: Live | None = None

    def follow(self, live: Live) -> None:
        """Show these models from now on."""
        self._live = live

    def collect(self) -> Iterator[Metric]:
        proven = GaugeMetricFamily(
            "model_proven",
            "1 if a version answers by a form proven equal to scikit-learn, 0 if not.",
            labels=("model", "version", "engine"),
        )
        info = GaugeMetricFamily(
            "model_info",
            "1 for every loaded version; its role is champion, canary or shadow.",
            labels=("model", "version", "role", "task", "ledger_seq"),
        )
        for role, live in self._loaded():
            names = (live.model, live.version)
            proven.add_metric((*names, live.scorer.engine), float(live.proven))
            task = live.manifest.rules.task
            info.add_metric((*names, role, task, str(live.seq)), 1.0)
        yield proven
        yield info

    def _loaded(self) -> Iterator[tuple[str, LiveModel]]:
        for watched in self._live.watched.values() if self._live else ():
            if watched.live is not None:
                yield "champion", watched.live
            for role, beside in (("canary", watched.canary), ("shadow", watched.shadow)):
                if beside is not None and beside.live is not None:
                    yield role, beside.live
