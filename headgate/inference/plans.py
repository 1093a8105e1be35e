"""A frozen plan: where it lies, where its parts lie, and which version it names."""

from dataclasses import dataclass

from headgate import versions
from headgate.documents.base import sha256_of
from headgate.documents.runs import PartManifest, Plan, PlannedPart, Request
from headgate.documents.version import Manifest
from headgate.errors import IntegrityError, NotFoundError
from headgate.inference.accepting import infer_body
from headgate.names import VersionRef, check_run_id
from headgate.store import Store, open_store

INLINE = "inline"


def plan_key(run_id: str) -> str:
    """Return where a run's plan lies."""
    return f"runs/{check_run_id(run_id)}/plan.json"


def result_key(run_id: str) -> str:
    """Return where a run's result lies."""
    return f"runs/{check_run_id(run_id)}/result.json"


def read_plan(store: Store, run_id: str) -> Plan | None:
    """Return a run's plan, or None before it is made."""
    data = store.find(plan_key(run_id))
    return None if data is None else Plan.from_bytes(data, plan_key(run_id))


def version_to_use(store: Store, request: Request) -> Manifest:
    """Return the planned version; before planning the pinned one, else the champion of now.

    Raises:
        NotFoundError: if there is no such version, or no champion.
    """
    plan = read_plan(store, request.run_id)
    body = infer_body(request)
    version = plan.version if plan else body.version or "champion"
    return versions.resolve(store, VersionRef(body.model, version))


def manifest_sha256(store: Store, manifest: Manifest) -> str:
    """Return the SHA-256 of a version's manifest as it is stored."""
    return sha256_of(store.get(versions.manifest_key(manifest.model, manifest.version)))


def planned_manifest(store: Store, plan: Plan) -> Manifest:
    """Return the manifest of the planned version.

    Raises:
        IntegrityError: if it is not the one that was planned with.
    """
    manifest = versions.read_manifest(store, plan.model, plan.version)
    found = manifest_sha256(store, manifest)
    if found != plan.manifest_sha256:
        raise IntegrityError(
            f"Run {plan.run_id!r} is planned with {plan.model}@{plan.version}, but its manifest "
            f"was altered since: its SHA-256 is {found:.12}… instead of "
            f"{plan.manifest_sha256:.12}…. Restore it from a backup."
        )
    return manifest


@dataclass(frozen=True, slots=True)
class Output:
    """The folder of a run's parts in the store that holds it."""

    store: Store
    prefix: str

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    @property
    def uri(self) -> str:
        return self.store.uri(self.prefix)


def open_output(store: Store, plan: Plan) -> Output:
    """Return where a plan's parts go: a folder of the run in its output, else in our store."""
    if plan.output_uri:
        return Output(open_store(plan.output_uri), f"run_id={plan.run_id}")
    return Output(store, f"runs/{plan.run_id}/parts")


def part_name(number: int) -> str:
    """Return what a part's files are called, without an ending.

    >>> part_name(17)
    'part-00017'
    """
    return f"part-{number:05d}"


def planned_part(plan: Plan, number: int) -> PlannedPart:
    """Return a part of a plan by its number.

    Raises:
        NotFoundError: if the plan has no such part.
    """
    if 0 <= number < len(plan.parts):
        return plan.parts[number]
    raise NotFoundError(
        f"The plan of run {plan.run_id!r} has parts 0 to {len(plan.parts) - 1}, not {number}."
    )


def first_row_id(plan: Plan, part: PlannedPart) -> int:
    """Return the number of a part's first row among all rows of the input."""
    return sum(before.stop - before.start for before in plan.parts[: part.number])


def read_part(output: Output, number: int) -> PartManifest | None:
    """Return the manifest of a part that is complete, or None."""
    key = output.key(f"{part_name(number)}.json")
    data = output.store.find(key)
    return None if data is None else PartManifest.from_bytes(data, key)
