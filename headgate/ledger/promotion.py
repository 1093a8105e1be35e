"""The rules of promoting: by a PASS whose champion is still the champion."""

from headgate.documents.ledger import LedgerEntry, LedgerState
from headgate.errors import ConflictError
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act, draft_entry
from headgate.ledger.permission import (
    CanaryOnError,
    ChampionChangedError,
    NotDecidedError,
    NotGatedError,
    OnHoldError,
    check_allowed,
    check_override,
    find_report,
    servable_manifest,
)
from headgate.store import Store

__all__ = [
    "CanaryOnError",
    "ChampionChangedError",
    "NotDecidedError",
    "NotGatedError",
    "OnHoldError",
    "promote",
]


def promote(
    store: Store,
    model: str,
    version: str,
    act: Act,
    *,
    gate_id: str | None = None,
    override: bool = False,
) -> LedgerEntry:
    """Make a version champion by a PASS whose champion is still the champion; ends a canary.

    With ``override`` a named person goes past the gate; the entry says so. The same run_id
    appends once.

    Raises:
        NotGatedError: without a report, or when it says FAIL.
        NotDecidedError: when it says INCONCLUSIVE.
        ChampionChangedError: when the champion changed since the judgement.
        OnHoldError: when the model is on hold.
        CanaryOnError: when another version is a canary.
    """
    servable_manifest(store, model, version)
    if override:
        check_override(act)
    report = find_report(store, model, version, gate_id)

    def decide(head: LedgerEntry | None, history: tuple[LedgerEntry, ...]) -> LedgerEntry:
        state = head.state if head else LedgerState()
        if state.champion == version:
            raise ConflictError(
                f"{model}@{version} is the champion already, since ledger entry "
                f"{state.champion_seq}. There is nothing to do."
            )
        if not override:
            check_allowed(model, version, report, state, history)
        return draft_entry(
            "promote",
            model,
            act,
            LedgerState(champion=version, champion_seq=len(history) + 1, hold=state.hold),
            gate_id=report.gate_id if report else None,
            override=override,
        )

    return ledger.append(store, model, act.run_id, "promote", decide, version=version)
