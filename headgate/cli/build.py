"""``train`` and ``retrain``."""

import json
from pathlib import Path

import click
from pydantic import JsonValue

from headgate.cli.flow_runs import await_flow, promoted_text, run_flow, wait_for
from headgate.cli.judge import verdict_text
from headgate.cli.session import Session, command
from headgate.errors import InconclusiveError, RefusedError, UsageError
from headgate.names import check_model_name, new_run_id
from headgate.runs.following import Started
from headgate.spec_loading import load_spec

run_id_option = click.option("--run-id", help="Name of this piece of work; repeating it goes on.")
data_option = click.option("--data", metavar="URI", help="Other data than the spec's source.")
param_option = click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="Argument of estimator()."
)
wait_option = click.option("--no-wait", is_flag=True, help="Print the run_id and do not wait.")


@click.command()
@click.argument("model")
@run_id_option
@data_option
@param_option
@click.option("--seed", type=int, help="Seed of the estimator; default: the spec's.")
@wait_option
@command
def train(
    session: Session,
    model: str,
    *,
    run_id: str | None,
    data: str | None,
    params: tuple[str, ...],
    seed: int | None,
    no_wait: bool,
) -> None:
    """Train one version; nothing goes live by it."""
    load_spec(check_model_name(model), session.settings.models_dirs)
    parameters: dict[str, JsonValue] = {
        "model": model,
        "data": _absolute(data),
        "params": parse_params(params),
        "seed": seed,
    }
    run_flow(session, "train", run_id or new_run_id(), parameters, trained_text, wait=not no_wait)


@click.command()
@click.argument("model")
@run_id_option
@data_option
@param_option
@wait_option
@command
def retrain(
    session: Session,
    model: str,
    *,
    run_id: str | None,
    data: str | None,
    params: tuple[str, ...],
    no_wait: bool,
) -> None:
    """Train, judge against the champion, and promote what passes."""
    load_spec(check_model_name(model), session.settings.models_dirs)
    parameters: dict[str, JsonValue] = {
        "model": model,
        "data": _absolute(data),
        "params": parse_params(params),
    }
    run_id = run_id or new_run_id()
    result = await_flow(session, "retrain", run_id, parameters, wait=not no_wait)
    if result is None:
        return
    (outcome,) = _outcomes(result)
    promotion = None
    if outcome.get("outcome") == "promoting":
        # The promotion is a run of its own, which the retraining only started.
        promotion = wait_for(session, Started(str(outcome["run_id"]), None))
    session.answer({**result, "promotion": promotion}, retrained_text(outcome, promotion))
    _raise_outcome(outcome)


def parse_params(params: tuple[str, ...]) -> dict[str, JsonValue]:
    """Read ``name=value`` pairs; a value is JSON where it can be read so, else text.

    Raises:
        UsageError: if a pair has no ``=``.
    """
    parsed: dict[str, JsonValue] = {}
    for pair in params:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(f"--param {pair!r} is not NAME=VALUE.")
        try:
            parsed[name] = json.loads(value)
        except json.JSONDecodeError:
            parsed[name] = value
    return parsed


def trained_text(result: dict[str, JsonValue]) -> str:
    """Return a training's result as a person reads it."""
    metrics = result.get("metrics")
    figures = metrics if isinstance(metrics, dict) else {}
    shown = ", ".join(f"{n} {v:.4f}" for n, v in figures.items() if isinstance(v, int | float))
    named = f"{result.get('model')}@{result.get('version')}"
    return f"Trained {named}: {shown}. Judge it: headgate gate {named}"


def retrained_text(outcome: dict[str, JsonValue], promotion: dict[str, JsonValue] | None) -> str:
    """Return a retraining's outcome as a person reads it."""
    if outcome.get("outcome") == "no_action":
        return (
            f"NO_ACTION: data, code, spec and parameters of {outcome.get('model')} are those of "
            f"{outcome.get('version')}."
        )
    gate = outcome.get("gate")
    report = verdict_text(gate) if isinstance(gate, dict) else ""
    return f"{report}\n{promoted_text(promotion)}" if promotion is not None else report


def _outcomes(result: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    models = result.get("models")
    return [m for m in models if isinstance(m, dict)] if isinstance(models, list) else []


def _raise_outcome(outcome: dict[str, JsonValue]) -> None:
    named = f"{outcome.get('model')}@{outcome.get('version')}"
    if outcome.get("outcome") == "refused":
        raise RefusedError(f"The gate refused {named} (gate {outcome.get('gate_id')}).")
    if outcome.get("outcome") == "inconclusive":
        raise InconclusiveError(
            f"The gate could not decide on {named} (gate {outcome.get('gate_id')})."
        )


def _absolute(uri: str | None) -> str | None:
    """Make a local path absolute: the worker may stand in another folder."""
    return str(Path(uri).resolve()) if uri is not None and "://" not in uri else uri
