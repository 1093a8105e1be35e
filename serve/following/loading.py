"""From a manifest to a scorer that reproduced its golden rows and is warm."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headgate.artifacts.files import read_golden
from headgate.artifacts.serving import load_scorer
from headgate.documents.version import Manifest
from headgate.scoring.rows import RowScorer
from headgate.settings import Settings
from headgate.store import Reader
from serve.cache import Cache, VersionReader

SWITCH_SECONDS = 0.0005
"""How long the loading thread keeps the interpreter to itself while requests wait for it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scorer that reproduced its golden rows and is warm; ``n_bytes`` of artifacts were read."""

    scorer: RowScorer
    n_bytes: int


Load = Callable[[Manifest], Loaded]
"""Loads a version, or raises why not."""


def loader(store: Reader, cache: Cache, settings: Settings) -> Load:
    """Return what loads a version of this store, through the cache, as these settings allow."""

    def load(manifest: Manifest) -> Loaded:
        files = VersionReader(store, cache, manifest)
        with gently():
            scorer = load_scorer(
                files,
                manifest,
                trusted_types=settings.trusted_types,
                models_dirs=settings.models_dirs,
            )
            # Scored as a batch by now; the first caller's single row should not be the first one.
            scorer.score(read_golden(files, manifest).rows[:1])
        return Loaded(scorer, files.n_bytes)

    return load


@contextmanager
def gently() -> Iterator[None]:
    """Let the event loop take the interpreter back sooner than the default 5 ms.

    A lower priority of the thread would do the opposite: the loop would wait for a thread that
    holds the interpreter and gets no processor.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
