"""From a version's name to the version in memory: from there, from the cache, or from the store."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from headgate import versions
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError
from headgate.store import Store
from serve.cache import Cache
from serve.following.loading import Load
from serve.following.pool import Key, Pool
from serve.live import LiveModel
from serve.telemetry import Telemetry

LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Obtainer:
    """Loads versions and keeps them in memory within the pool's bounds."""

    store: Store
    cache: Cache
    load: Load
    pool: Pool
    telemetry: Telemetry
    clock: Callable[[], float] = time.monotonic

    def obtain(self, model: str, version: str, *, store_away: bool) -> LiveModel:
        """Return a version that reproduced its golden rows and is warm; loaded only if it must be.

        With ``store_away`` the cache may say what it consists of.

        Raises:
            HeadgateError: why it cannot be loaded.
        """
        return self.pool.find(model, version) or self._loaded(model, version, store_away)

    def release(self, playing: Collection[Key]) -> None:
        """Let go of what is too much, but for what plays a part."""
        for model, version in self.pool.trim(playing):
            LOG.info("model=%s released=%s", model, version)

    def _loaded(self, model: str, version: str, store_away: bool) -> LiveModel:
        started = self.clock()
        manifest = self._manifest(model, version, store_away)
        loaded = self.load(manifest)
        self.cache.remember_manifest(manifest)
        live = LiveModel(manifest, loaded.scorer, None, datetime.now(UTC), loaded.n_bytes)
        self.pool.keep(live)
        seconds = self.clock() - started
        self.telemetry.model_loaded(model, version, live.scorer.engine, live.proven, seconds)
        return live

    def _manifest(self, model: str, version: str, store_away: bool) -> Manifest:
        try:
            return versions.read_manifest(self.store, model, version)
        except HeadgateError:
            kept = self.cache.recall_manifest(model, version) if store_away else None
            if kept is None:
                raise
            return kept
