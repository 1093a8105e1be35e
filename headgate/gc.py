"""Garbage: what no version, run or request needs any more."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate import versions
from headgate.documents.runs import Plan
from headgate.documents.version import Manifest
from headgate.gate import reports
from headgate.ledger import entries as ledger
from headgate.names import version_name
from headgate.runs import records as runs
from headgate.store import ObjectInfo, Store

REST = timedelta(hours=24)
"""An attempt is left alone until its newest object is this old."""

LONG_REST = timedelta(days=30)
"""A failed run may be taken up again under its run_id; after so long nobody does."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """One object to remove, its size in bytes, and why nobody needs it."""

    key: str
    size: int
    why: str
    is_old_version: bool = False


def find_garbage(store: Store, now: datetime, keep: int | None = None) -> list[Garbage]:
    """Return what may go; with ``keep`` also the files of all but the newest ``keep`` versions.

    Never a manifest, a gate report, a ledger entry, a request or an outcome, and never a file of
    a version that the ledger names.
    """
    found: list[Garbage] = []
    for model in store.names("models"):
        manifests = versions.list_manifests(store, model)
        needed = _needed(store, model, manifests, keep)
        found.extend(_of_model(store, model, manifests, needed, now))
    found.extend(_markers(store))
    found.extend(_probes(store, now))
    return found


def remove(store: Store, garbage: Iterable[Garbage]) -> None:
    """Remove what was found, but for what a version has come to name since."""
    for item in garbage:
        if not item.is_old_version and item.key in _named_now(store, item.key):
            continue
        store.delete(item.key)


def _named_now(store: Store, key: str) -> frozenset[str]:
    parts = key.split("/")
    if parts[0] != "models" or parts[2] != "artifacts":
        return frozenset()
    manifest = versions.find_by_run_id(store, parts[1], parts[3])
    return frozenset(f.key for f in manifest.files.values()) if manifest else frozenset()


def _needed(
    store: Store, model: str, manifests: list[Manifest], keep: int | None
) -> dict[str, str]:
    """Return the keys that must stay and the version that needs each."""
    entries = ledger.read_entries(store, model)
    live = {entry.subject for entry in entries}
    since = entries[-1].state.champion_seq if entries else 0
    live |= {r.version for r in reports.list_reports(store, model) if r.ledger_seq >= since}
    live |= _planned(store, model)
    newest = manifests if keep is None else manifests[max(len(manifests) - keep, 0) :]
    kept = [m for m in manifests if m in newest or m.version in live]
    return {file.key: m.version for m in kept for file in m.files.values()}


def _of_model(
    store: Store,
    model: str,
    manifests: list[Manifest],
    needed: dict[str, str],
    now: datetime,
) -> Iterator[Garbage]:
    old = {f.key: m.number for m in manifests for f in m.files.values() if f.key not in needed}
    for run_id, objects in _by_run(store, model).items():
        age = now - max(o.modified_at for o in objects)
        if age <= REST or not _is_over(store, run_id, age):
            continue
        for item in objects:
            if item.key in old:
                why = f"{model}@{version_name(old[item.key])} is older than those to keep"
                yield Garbage(item.key, item.size, why, is_old_version=True)
            elif item.key not in needed:
                yield Garbage(item.key, item.size, f"run {run_id} made no version of it")


def _by_run(store: Store, model: str) -> dict[str, list[ObjectInfo]]:
    prefix = f"models/{model}/artifacts/"
    grouped: dict[str, list[ObjectInfo]] = defaultdict(list)
    for info in store.list(prefix):
        grouped[info.key.removeprefix(prefix).split("/")[0]].append(info)
    return grouped


def _is_over(store: Store, run_id: str, age: timedelta) -> bool:
    """Say whether nobody will go on with a run whose newest object is of this age."""
    attempts = runs.read_attempts(store, run_id)
    kinds = {outcome.kind for outcome in runs.read_outcomes(store, run_id).values()}
    return not attempts or bool(kinds & {"completed", "cancelled"}) or age > LONG_REST


def _planned(store: Store, model: str) -> set[str]:
    """Return the versions that accepted batch inferences have yet to use."""
    pinned = set()
    for _, run_id in _pending(store):
        data = store.find(f"runs/{run_id}/plan.json")
        if data is not None:
            plan = Plan.from_bytes(data, f"runs/{run_id}/plan.json")
            pinned |= {plan.version} if plan.model == model else set()
    return pinned


def _pending(store: Store) -> Iterator[tuple[ObjectInfo, str]]:
    for priority in ("high", "low"):
        prefix = f"pending/{priority}/"
        for info in store.list(prefix):
            run_id = info.key.removeprefix(prefix).partition("-")[2]
            if run_id:
                yield info, run_id


def _markers(store: Store) -> Iterator[Garbage]:
    for info, run_id in _pending(store):
        if runs.completed_outcome(store, run_id) is not None:
            yield Garbage(info.key, info.size, f"run {run_id} is complete")


def _probes(store: Store, now: datetime) -> Iterator[Garbage]:
    for info in store.list(".probe/"):
        if now - info.modified_at > REST:
            yield Garbage(info.key, info.size, "left by a start-up check that was killed")
