"""Versions: a manifest's presence is the version, and one run makes one version."""

import random
import time
from collections.abc import Iterator

from headgate.documents.version import Manifest, StoredFile
from headgate.errors import IntegrityError, LostRaceError, NotFoundError
from headgate.ledger import entries as ledger
from headgate.names import VersionRef, check_model_name, version_name, version_number
from headgate.store import Store

MAX_ROUNDS = 10_000


class VersionNotFoundError(NotFoundError):
    """The model has no such version."""

    def __init__(self, model: str, version: str, have: str | None) -> None:
        found = f"its latest is {have}" if have else "it has none yet"
        super().__init__(
            f"Model {model!r} has no version {version!r} ({found}). List them: headgate models "
            f"{model}."
        )


class NoChampionError(NotFoundError):
    """Nothing of the model is live."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"Model {model!r} has no champion. Train, gate and promote a version first: "
            f"headgate retrain {model}."
        )


class ModelNotFoundError(NotFoundError):
    """The store knows no model of that name."""

    def __init__(self, model: str, have: list[str]) -> None:
        known = ", ".join(have) or "none"
        super().__init__(
            f"The store has no model {model!r} (it has: {known}). Train it first: "
            f"headgate train {model}."
        )


def manifest_key(model: str, version: str) -> str:
    """Return where a version's manifest lies."""
    return f"models/{check_model_name(model)}/versions/{version}.json"


def list_models(store: Store) -> list[str]:
    """Return the names of the models that have at least one version."""
    return [m for m in store.names("models") if store.names(f"models/{m}/versions")]


def version_numbers(store: Store, model: str) -> list[int]:
    """Return the numbers of a model's versions in order, as numbers sort."""
    names = store.names(f"models/{check_model_name(model)}/versions")
    return sorted(version_number(n.removesuffix(".json")) for n in names if n.endswith(".json"))


def read_manifest(store: Store, model: str, version: str) -> Manifest:
    """Return a version's manifest.

    Raises:
        VersionNotFoundError: if there is no such version.
    """
    number = version_number(version)
    found = _find(store, model, number)
    if found is None:
        numbers = version_numbers(store, model)
        if not numbers:
            raise ModelNotFoundError(model, list_models(store))
        raise VersionNotFoundError(model, version, version_name(numbers[-1]))
    return found


def list_manifests(store: Store, model: str) -> list[Manifest]:
    """Return all manifests of a model, the oldest first."""
    return [read_manifest(store, model, version_name(n)) for n in version_numbers(store, model)]


def latest(store: Store, model: str) -> Manifest | None:
    """Return the newest version of a model, or None when there is none."""
    numbers = version_numbers(store, model)
    return read_manifest(store, model, version_name(numbers[-1])) if numbers else None


def find_by_run_id(store: Store, model: str, run_id: str) -> Manifest | None:
    """Return the version a run made, or None."""
    for number in reversed(version_numbers(store, model)):
        manifest = _find(store, model, number)
        if manifest is not None and manifest.run_id == run_id:
            return manifest
    return None


def resolve(store: Store, ref: VersionRef) -> Manifest:
    """Return the manifest a reference means; without a version it means the champion.

    Raises:
        NoChampionError: if the champion is meant and there is none.
        VersionNotFoundError: if there is no such version.
    """
    if ref.version is not None and ref.version != "champion":
        return read_manifest(store, ref.model, ref.version)
    head = ledger.read_head(store, ref.model)
    if head is None or head.state.champion is None:
        if not version_numbers(store, ref.model):
            raise ModelNotFoundError(ref.model, list_models(store))
        raise NoChampionError(ref.model)
    return read_manifest(store, ref.model, head.state.champion)


def missing_files(store: Store, files: dict[str, StoredFile]) -> list[str]:
    """Return the names of the files that are absent or of another size."""
    missing = []
    for name, file in files.items():
        info = store.head(file.key)
        if info is None or info.size != file.size:
            missing.append(name)
    return sorted(missing)


def commit_version(store: Store, draft: Manifest) -> Manifest:
    """Make ``draft`` a version under the next free number, and return it with that number.

    The manifests below the number are read first: one with the same run_id is that run's version
    already and is returned instead, so that a run repeated after a crash makes no second one.

    Raises:
        IntegrityError: if a file the draft names is not in the store.
    """
    taken = 0
    for _ in range(MAX_ROUNDS):
        for manifest in _above(store, draft.model, taken):
            if manifest.run_id == draft.run_id:
                return manifest
            taken = manifest.number
        # Looked at again before every put: gc may have taken an attempt that lay idle.
        if missing := missing_files(store, draft.files):
            raise IntegrityError(
                f"Version of run {draft.run_id!r} of model {draft.model!r} cannot be committed: "
                f"missing or of another size: {', '.join(missing)}. Run it again."
            )
        mine = draft.model_copy(update={"number": taken + 1})
        if store.put_if_absent(manifest_key(draft.model, mine.version), mine.to_bytes()):
            return mine
        time.sleep(random.uniform(0, 0.02))  # noqa: S311 - spreads racers, guards nothing
    raise LostRaceError(
        f"Run {draft.run_id!r} lost {MAX_ROUNDS} races for a version number of {draft.model!r}. "
        "Run it again."
    )


def _above(store: Store, model: str, taken: int) -> Iterator[Manifest]:
    """Yield the manifests after number ``taken``, without a gap: one small read each."""
    numbers = [n for n in version_numbers(store, model) if n > taken] if taken == 0 else []
    for number in numbers:
        manifest = _find(store, model, number)
        if manifest is not None:
            yield manifest
            taken = number
    while (manifest := _find(store, model, taken + 1)) is not None:
        yield manifest
        taken = manifest.number


def _find(store: Store, model: str, number: int) -> Manifest | None:
    key = manifest_key(model, version_name(number))
    data = store.find(key)
    if data is None:
        return None
    manifest = Manifest.from_bytes(data, key)
    if (manifest.model, manifest.number) != (model, number):
        raise IntegrityError(
            f"Manifest {key!r} says it is {manifest.model}@{manifest.version}. It was copied or "
            "altered; restore it from a backup."
        )
    return manifest
