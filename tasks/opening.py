"""What every task opens: the settings of this process and the store they name."""

from headgate.inference.accepting import Limits
from headgate.settings import Settings
from headgate.store import Store, open_store


def settings() -> Settings:
    """Return the settings of this process, read afresh."""
    return Settings.load()


def store() -> Store:
    """Return the store of this process."""
    return open_store(settings().store_url)


def limits() -> Limits:
    """Return how much one request for batch inference may hold."""
    return Limits(max_inline_rows=settings().max_inline_rows)
