"""The rules of holding a model and releasing it."""

from headgate.documents.ledger import Hold, LedgerEntry, LedgerState
from headgate.errors import ConflictError, RefusedError
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act, check_reason, draft_entry
from headgate.store import Store
from headgate.versions import ModelNotFoundError, list_models, version_numbers


def hold(store: Store, model: str, act: Act) -> LedgerEntry:
    """Put a model on hold: nothing promotes it until a person releases it."""
    check_reason(act, "A hold")
    if not version_numbers(store, model):
        raise ModelNotFoundError(model, list_models(store))

    def decide(head: LedgerEntry | None, _: tuple[LedgerEntry, ...]) -> LedgerEntry:
        state = head.state if head else LedgerState()
        if state.hold is not None:
            raise ConflictError(
                f"Model {model!r} is on hold already, by {state.hold.by}: {state.hold.reason}. "
                "There is nothing to do."
            )
        held = Hold(by=act.by, reason=act.reason, at=act.now)
        return draft_entry("hold", model, act, state.model_copy(update={"hold": held}))

    return ledger.append(store, model, act.run_id, "hold", decide)


def release(store: Store, model: str, act: Act) -> LedgerEntry:
    """End a hold.

    Raises:
        RefusedError: if a flow tries; a hold waits for a person.
    """
    check_reason(act, "A release")
    if act.by.kind == "flow":
        raise RefusedError(
            f"A hold ends by a person, and {act.by} is a flow run. Use headgate release {model}."
        )

    def decide(head: LedgerEntry | None, _: tuple[LedgerEntry, ...]) -> LedgerEntry:
        state = head.state if head else LedgerState()
        if state.hold is None:
            raise ConflictError(f"Model {model!r} is not on hold. There is nothing to do.")
        return draft_entry("release", model, act, state.model_copy(update={"hold": None}))

    return ledger.append(store, model, act.run_id, "release", decide)
