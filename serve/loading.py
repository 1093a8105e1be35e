"""From a manifest to a scorer that is proven and warm; what needs the heavy libraries."""

from headgate.artifacts.files import read_golden
from headgate.artifacts.loading import load_version
from headgate.documents.version import Manifest
from headgate.scoring.rows import RowScorer
from headgate.settings import Settings
from headgate.store import Store
from serve.follower import Load


def loader(store: Store, settings: Settings) -> Load:
    """Return what loads a version of this store as these settings allow."""

    def load(manifest: Manifest) -> RowScorer:
        scorer = load_version(
            store,
            manifest,
            trusted_types=settings.trusted_types,
            models_dirs=settings.models_dirs,
        )
        # Scored as a batch by now; the first caller's single row should not be the first one.
        scorer.score(read_golden(store, manifest).rows[:1])
        return scorer

    return load
