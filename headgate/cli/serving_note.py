"""What the running service does otherwise than the ledger says, if one runs."""

from collections.abc import Sequence

from headgate.api_client import Client
from headgate.documents.ledger import LedgerEntry
from headgate.errors import HeadgateError

LOOK_SECONDS = 0.5


def serving_note(api_url: str, model: str, entries: Sequence[LedgerEntry]) -> str | None:
    """Return what the service answers by instead, and why; None where there is nothing to say.

    Only a service over this ledger counts: it has followed one of these entries.
    """
    try:
        with Client(api_url, timeout_seconds=LOOK_SECONDS, patience_seconds=0) as client:
            info = client.model(model)
    except HeadgateError:
        return None
    followed = info.entry.sha256 if info.entry is not None else None
    if info.problem is None or followed not in {entry.sha256 for entry in entries}:
        return None
    serving = info.version or "nothing"
    return f"The service at {api_url} serves {serving} instead. {info.problem}"
