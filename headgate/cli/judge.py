"""``gate`` and ``diff``."""

import click
from pydantic import JsonValue

from headgate.artifacts.files import read_contract
from headgate.cli.flow_runs import run_flow
from headgate.cli.session import Session, command, version_ref
from headgate.documents.version import Manifest
from headgate.errors import ConflictError, InconclusiveError, RefusedError
from headgate.ledger.entries import read_head
from headgate.names import new_run_id
from headgate.versions import resolve


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option("--run-id", help="Name of this piece of work; repeating it repeats nothing.")
@click.option("--no-wait", is_flag=True, help="Print the run_id and do not wait.")
@command
def gate(
    session: Session, model: str, version: str | None, *, run_id: str | None, no_wait: bool
) -> None:
    """Judge a version against the champion: exit 0 PASS, 3 FAIL, 6 INCONCLUSIVE."""
    manifest = resolve(session.store, version_ref(model, version))
    head = read_head(session.store, manifest.model)
    if head is not None and head.state.champion == manifest.version:
        raise ConflictError(
            f"{manifest.model}@{manifest.version} is the champion itself; compared with itself it "
            "says nothing. Name another version."
        )
    parameters: dict[str, JsonValue] = {"model": manifest.model, "version": manifest.version}
    run_id = run_id or new_run_id()
    result = run_flow(session, "evaluate-gate", run_id, parameters, verdict_text, wait=not no_wait)
    if result is not None:
        raise_verdict(result)


def raise_verdict(result: dict[str, JsonValue]) -> None:
    """Raise what a verdict other than PASS means for the exit code."""
    named = f"{result.get('model')}@{result.get('version')}"
    if result.get("verdict") == "FAIL":
        raise RefusedError(f"The gate refused {named}: {result.get('reason')}.")
    if result.get("verdict") == "INCONCLUSIVE":
        raise InconclusiveError(f"The gate could not decide on {named}: {result.get('reason')}.")


def verdict_text(result: dict[str, JsonValue]) -> str:
    """Return a gate's result as a person reads it: the verdict, then every check."""
    lines = [
        f"{result.get('verdict')}: {result.get('model')}@{result.get('version')} against "
        f"{result.get('champion') or 'no champion'} (gate {result.get('gate_id')})"
    ]
    checks = result.get("checks")
    for check in checks if isinstance(checks, list) else []:
        if isinstance(check, dict):
            mark = {True: "ok", False: "FAILED", None: "open"}[_passed(check)]
            lines.append(f"  {mark:<6}  {check.get('name')}: {check.get('detail')}")
    return "\n".join(lines)


@click.command()
@click.argument("model")
@click.argument("first")
@click.argument("second")
@command
def diff(session: Session, model: str, first: str, second: str) -> None:
    """Compare two versions: contract, metrics, parameters, data, libraries."""
    a = resolve(session.store, version_ref(model, first))
    b = resolve(session.store, version_ref(model, second))
    contract_a, contract_b = read_contract(session.store, a), read_contract(session.store, b)
    changes = list(contract_b.differences(contract_a))
    breaks = list(contract_b.breaks(contract_a))
    facts = _facts(a, b)
    document: dict[str, JsonValue] = {
        "model": model,
        "from": a.version,
        "to": b.version,
        "contract": [*changes],
        "breaking": [*breaks],
        "changed": [{"what": what, "from": x, "to": y} for what, x, y in facts],
    }
    lines = [f"{what}: {x} -> {y}" for what, x, y in facts]
    lines += [f"contract: {change}" for change in changes]
    lines += [f"breaking: {change}" for change in breaks]
    session.answer(document, "\n".join(lines) or f"{a.version} and {b.version} do not differ.")


def _passed(check: dict[str, JsonValue]) -> bool | None:
    passed = check.get("passed")
    return passed if isinstance(passed, bool) else None


def _facts(a: Manifest, b: Manifest) -> list[tuple[str, str, str]]:
    pairs = {
        "estimator": (a.estimator, b.estimator),
        "data_sha256": (a.provenance.data_sha256, b.provenance.data_sha256),
        "n_rows_train": (str(a.provenance.n_rows_train), str(b.provenance.n_rows_train)),
        "seed": (str(a.provenance.seed), str(b.provenance.seed)),
        "code_sha256": (a.provenance.code_sha256, b.provenance.code_sha256),
        "rules": (a.rules.model_dump_json(), b.rules.model_dump_json()),
    }
    for name in sorted({*a.metrics, *b.metrics}):
        pairs[f"metric {name}"] = (_figure(a.metrics.get(name)), _figure(b.metrics.get(name)))
    for name in sorted({*a.provenance.parameters, *b.provenance.parameters}):
        before, after = a.provenance.parameters.get(name), b.provenance.parameters.get(name)
        pairs[f"parameter {name}"] = (str(before), str(after))
    for name in sorted({*a.provenance.libraries, *b.provenance.libraries}):
        old, new = a.provenance.libraries.get(name), b.provenance.libraries.get(name)
        pairs[f"library {name}"] = (str(old), str(new))
    return [(what, x, y) for what, (x, y) in pairs.items() if x != y]


def _figure(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"
