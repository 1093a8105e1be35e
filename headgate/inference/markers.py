"""The index of accepted, unfinished requests: one small marker each.

A marker is put before its request or retry and deleted after the outcome, so a crash leaves at
most a marker too many. Every retry has its own marker: the one of an ended attempt can be deleted
though a retry has just put the next one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from headgate.documents.runs import Outcome, Priority, Request
from headgate.store import Store

PRIORITIES: tuple[Priority, ...] = ("high", "low")
_TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Marker:
    """A run that is to be worked on, since when, and where that is noted."""

    key: str
    run_id: str
    since: datetime


def request_marker(request: Request) -> Marker:
    """Return the marker of a request's first attempt; always the same one."""
    return _marker(request.priority, request.accepted_at, request.run_id)


def retry_marker(request: Request, failed: Outcome) -> Marker:
    """Return the marker of the retry after an outcome; known before its attempt is opened."""
    return _marker(request.priority, failed.at, request.run_id)


def put_marker(store: Store, marker: Marker) -> None:
    """Put a marker; one that is there already is fine."""
    store.put_if_absent(marker.key, f"{marker.run_id}\n".encode())


def pending(store: Store) -> Iterator[Marker]:
    """Yield the markers: those of high priority first, then the oldest first."""
    for priority in PRIORITIES:
        for info in store.list(f"pending/{priority}/"):
            marker = _read(info.key)
            if marker is not None:
                yield marker


def all_markers(request: Request, outcomes: Iterable[Outcome]) -> list[Marker]:
    """Return every marker that a run may have."""
    return [request_marker(request), *(retry_marker(request, outcome) for outcome in outcomes)]


def _marker(priority: Priority, since: datetime, run_id: str) -> Marker:
    time = since.astimezone(UTC).strftime(_TIME)
    return Marker(f"pending/{priority}/{time}-{run_id}", run_id, since)


def _read(key: str) -> Marker | None:
    time, dash, run_id = key.rpartition("/")[2].partition("-")
    try:
        since = datetime.strptime(time, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Marker(key, run_id, since) if dash and run_id else None
