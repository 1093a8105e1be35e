"""Whether a version may get traffic: by its PASS, or past the gate by a named person."""

from headgate import versions
from headgate.documents.base import sha256_of
from headgate.documents.gate import GateReport
from headgate.documents.ledger import Canary, Hold, LedgerEntry, LedgerState
from headgate.documents.version import Manifest
from headgate.errors import (
    InconclusiveError,
    IntegrityError,
    LostRaceError,
    RefusedError,
    UsageError,
)
from headgate.gate import reports as gates
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act, check_reason
from headgate.store import Store


class NotGatedError(RefusedError):
    """There is no PASS to promote by."""


class NotDecidedError(InconclusiveError):
    """The gate could not decide."""


class OnHoldError(RefusedError):
    """Nothing is promoted while a model is on hold."""

    def __init__(self, model: str, hold: Hold) -> None:
        super().__init__(
            f"Model {model!r} is on hold since {hold.at:%Y-%m-%d %H:%M:%S} UTC by {hold.by}: "
            f"{hold.reason}. Release it first: headgate release {model} --reason TEXT."
        )


class CanaryOnError(RefusedError):
    """No other version is promoted while a canary takes its share."""

    def __init__(self, model: str, canary: Canary) -> None:
        super().__init__(
            f"{model}@{canary.version} is a canary with {100 * canary.share:.4g}% of the traffic. "
            f"Finish it first: headgate promote {model} {canary.version}; or take it back: "
            f"headgate rollback {model} --reason TEXT."
        )


class ChampionChangedError(LostRaceError):
    """Another promotion came first."""

    def __init__(self, report: GateReport, winner: LedgerEntry) -> None:
        super().__init__(
            f"{report.model}@{report.version} was judged against ledger entry "
            f"{report.ledger_seq}, but entry {winner.seq} made "
            f"{winner.model}@{winner.state.champion} champion since (run {winner.run_id}, by "
            f"{winner.by}). Judge it again: headgate gate {report.model} {report.version}."
        )


def servable_manifest(store: Store, model: str, version: str) -> Manifest:
    """Return the manifest of a version whose files are all there.

    Raises:
        IntegrityError: if one is missing or of another size.
    """
    manifest = versions.read_manifest(store, model, version)
    if missing := versions.missing_files(store, manifest.files):
        raise IntegrityError(
            f"{model}@{version} cannot be served: missing or of another size: "
            f"{', '.join(missing)}. Restore them from a backup, or train it again."
        )
    return manifest


def find_report(store: Store, model: str, version: str, gate_id: str | None) -> GateReport | None:
    """Return the report to go by: the named one, else the version's newest, if there is any.

    Raises:
        NotGatedError: if the named one says PASS, and a later one does not.
        UsageError: if the named one judged another version.
        IntegrityError: if it judged other bytes, or saw another ledger.
    """
    report: GateReport | None
    if gate_id is not None:
        report = gates.read_report(store, model, gate_id)
        _check_newest(store, report)
        if (report.model, report.version) != (model, version):
            raise UsageError(
                f"Gate report {gate_id!r} judged {report.model}@{report.version}, not "
                f"{model}@{version}. Name the report of that version."
            )
    else:
        reports = [r for r in gates.list_reports(store, model) if r.version == version]
        report = reports[-1] if reports else None
    if report is not None:
        _check_bound(store, report)
    if report is not None and report.ledger_seq:
        stored = ledger.read_stored(store, model, report.ledger_seq)
        if stored is None or stored.sha256 != report.ledger_head_sha256:
            raise IntegrityError(
                f"Gate report {report.gate_id!r} saw a ledger entry {report.ledger_seq} of model "
                f"{model!r} that is not there now. See headgate ledger {model} --verify."
            )
    return report


def check_allowed(
    model: str,
    version: str,
    report: GateReport | None,
    state: LedgerState,
    history: tuple[LedgerEntry, ...],
) -> None:
    """Refuse what only a named person may do all the same.

    Raises:
        NotGatedError: without a report, or when it says FAIL.
        NotDecidedError: when it says INCONCLUSIVE.
        ChampionChangedError: when the champion changed since the judgement.
        OnHoldError: when the model is on hold.
        CanaryOnError: when another version is a canary.
    """
    _check_report(model, version, report, history)
    if state.hold is not None:
        raise OnHoldError(model, state.hold)
    if state.canary is not None and state.canary.version != version:
        raise CanaryOnError(model, state.canary)


def check_override(act: Act) -> None:
    """Refuse to go past the gate without a reason, or by nobody known."""
    check_reason(act, "An override")
    if act.by.kind not in ("key", "local"):
        raise RefusedError(
            f"An override needs a person known by key or as this machine's user; {act.by} is "
            "neither. Use an API key, or the command line where no keys are set."
        )


def _check_bound(store: Store, report: GateReport) -> None:
    """Refuse a report on other bytes than the version has now."""
    manifest = store.get(versions.manifest_key(report.model, report.version))
    if report.manifest_sha256 not in (None, sha256_of(manifest)):
        raise IntegrityError(
            f"Gate report {report.gate_id!r} judged another {report.model}@{report.version} than "
            "the one in the store now. Restore the manifest from a backup, or judge it again."
        )


def _check_newest(store: Store, report: GateReport) -> None:
    """Refuse a PASS that a later report on the same version took back."""
    same = [r for r in gates.list_reports(store, report.model) if r.version == report.version]
    newest = same[-1] if same else report
    if report.verdict == "PASS" and newest.verdict != "PASS":
        raise NotGatedError(
            f"Gate report {report.gate_id!r} says PASS, but the later {newest.gate_id!r} says "
            f"{newest.verdict}: {newest.reason}. Judge {report.model}@{report.version} again."
        )


def _check_report(
    model: str, version: str, report: GateReport | None, history: tuple[LedgerEntry, ...]
) -> None:
    if report is None:
        raise NotGatedError(
            f"{model}@{version} was never judged. Judge it first: headgate gate {model} {version}."
        )
    if report.verdict == "FAIL":
        raise NotGatedError(
            f"The gate refused {model}@{version}: {report.reason} (gate {report.gate_id}). Train a "
            "better one, or let a person override: --override --reason TEXT."
        )
    if report.verdict == "INCONCLUSIVE":
        raise NotDecidedError(
            f"The gate could not decide on {model}@{version}: {report.reason} (gate "
            f"{report.gate_id}). Mend what it names, or let a person override: --override "
            "--reason TEXT."
        )
    since = [e for e in history if e.seq > report.ledger_seq and e.state.champion_seq == e.seq]
    if since:
        raise ChampionChangedError(report, since[-1])
