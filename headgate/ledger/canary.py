"""The rules of a canary: a judged version that takes a share of the traffic for a while.

It is finished by promoting it, and taken back by a rollback.
"""

import re

from headgate.documents.ledger import Canary, LedgerEntry, LedgerState
from headgate.errors import ConflictError, UsageError
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act, draft_entry
from headgate.ledger.permission import (
    check_allowed,
    check_override,
    find_report,
    servable_manifest,
)
from headgate.store import Store

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%")


def parse_share(text: str) -> float:
    """Return the share a person writes as a percentage.

    Raises:
        UsageError: if it is no percentage, or not between 0% and 100%.

    >>> parse_share("10%"), parse_share("0.5%")
    (0.1, 0.005)
    """
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text[:40]!r} is no share of the traffic. Write it as 10%.")
    return check_share(float(match[1]) / 100)


def check_share(share: float) -> float:
    """Return a share that leaves both versions some traffic.

    Raises:
        UsageError: if it is not between 0 and 1, both excluded.
    """
    if 0 < share < 1:
        return share
    raise UsageError(
        f"A canary takes more than 0% and less than 100% of the traffic, not {100 * share:g}%. "
        "For all of it promote the version without --canary."
    )


def start_canary(
    store: Store,
    model: str,
    version: str,
    share: float,
    act: Act,
    *,
    gate_id: str | None = None,
    override: bool = False,
) -> LedgerEntry:
    """Give a version a share of the champion's traffic, or another share than it has.

    It needs what a promotion needs: a PASS whose champion is still the champion, or the
    ``override`` of a named person. The same run_id appends once.

    Raises:
        UsageError: if the share is not between 0 and 1.
        ConflictError: if it is the champion, has this share already, or there is no champion.
        NotGatedError, NotDecidedError, ChampionChangedError, OnHoldError: as for a promotion.
        CanaryOnError: if another version is a canary.
    """
    check_share(share)
    servable_manifest(store, model, version)
    if override:
        check_override(act)
    report = find_report(store, model, version, gate_id)
    canary = Canary(version=version, share=share)

    def decide(head: LedgerEntry | None, history: tuple[LedgerEntry, ...]) -> LedgerEntry:
        state = head.state if head else LedgerState()
        _check_new(model, canary, state)
        if not override:
            check_allowed(model, version, report, state, history)
        return draft_entry(
            "canary",
            model,
            act,
            state.model_copy(update={"canary": canary}),
            gate_id=report.gate_id if report else None,
            override=override,
        )

    return ledger.append(store, model, act.run_id, "canary", decide, version=version)


def _check_new(model: str, canary: Canary, state: LedgerState) -> None:
    if state.champion is None:
        raise ConflictError(
            f"Model {model!r} has no champion to share the traffic with. Promote the version: "
            f"headgate promote {model} {canary.version}."
        )
    if state.champion == canary.version:
        raise ConflictError(
            f"{model}@{canary.version} is the champion already, so it cannot be its own canary."
        )
    if state.canary == canary:
        raise ConflictError(
            f"{model}@{canary.version} is a canary with {100 * canary.share:.4g}% of the "
            "traffic already. There is nothing to do."
        )
