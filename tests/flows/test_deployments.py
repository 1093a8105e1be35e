"""The deployments of prefect.yaml, as a fresh server has them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from pydantic import JsonValue

from headgate.deploying import deploy, schedule, scheduled_name
from headgate.errors import NotFoundError, UsageError
from headgate.prefect_http import PrefectHttp
from headgate.settings import Settings
from tests.flows.conftest import ROOT, System

DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]


def load(deployment: dict[str, Any]) -> Flow[..., Any]:
    # Without use_placeholder_flow=False Prefect hides an ImportError behind a stub flow.
    return load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)


def called(deployment: dict[str, Any]) -> str:
    return f"{load(deployment).name}/{deployment['name']}"


@contextmanager
def patient(system: System) -> Iterator[PrefectHttp]:
    """Prefect on SQLite answers 503 while somebody else writes; this one asks again."""
    url = system.stack.settings.prefect_api_url
    http = PrefectHttp(url, auth=None, timeout_seconds=15, patience_seconds=30)
    try:
        yield http
    finally:
        http.close()


def read(system: System, path: str) -> Any:
    with patient(system) as http:
        return http.ask("GET", path).json()


def test_the_deployments_are_those_the_contract_names() -> None:
    assert [called(deployment) for deployment in DEPLOYMENTS] == [
        "train/default",
        "evaluate-gate/default",
        "promote/default",
        "batch-infer/default",
        "retrain/default",
        "retrain/nightly",
    ]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: d["entrypoint"])
def test_an_entry_point_imports(deployment: dict[str, Any]) -> None:
    assert load(deployment).description


@pytest.mark.stack
@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: d["entrypoint"] + d["name"])
def test_parameters_show_as_a_form_with_types_and_descriptions(
    system: System, deployment: dict[str, Any]
) -> None:
    found = read(system, f"/deployments/name/{called(deployment)}")

    form = found["parameter_openapi_schema"]["properties"]
    assert form
    for name, field in form.items():
        assert field.get("description"), f"{name} has no description"
        assert field.get("type") or field.get("anyOf"), f"{name} has no type"
    assert found["enforce_parameter_schema"]


@pytest.mark.stack
def test_the_nightly_retraining_is_scheduled_for_every_model_without_a_schedule(
    system: System,
) -> None:
    found = read(system, "/deployments/name/retrain/nightly")

    [nightly] = found["schedules"]
    assert nightly["active"]
    assert (nightly["schedule"]["cron"], nightly["schedule"]["timezone"]) == ("0 3 * * *", "UTC")
    assert found["parameters"].get("model") is None


@pytest.mark.stack
def test_the_nightly_retraining_is_really_put_on_the_calendar(system: System) -> None:
    asked: JsonValue = {"deployments": {"name": {"any_": ["nightly"]}}}

    with patient(system) as http:
        for _ in range(120):
            n_runs = http.ask("POST", "/flow_runs/count", asked).json()
            if n_runs:
                break
            time.sleep(0.5)

    assert n_runs > 0


WEEKLY = f"/deployments/name/retrain/{scheduled_name('weekly')}"


@pytest.mark.stack
def test_a_spec_with_a_schedule_has_its_own_until_the_spec_is_gone(system: System) -> None:
    settings = system.stack.settings
    before = read(system, WEEKLY)

    made = schedule(settings.model_copy(update={"models_dir": (ROOT / "models",)}))
    with pytest.raises(NotFoundError):
        read(system, WEEKLY)
    again = schedule(settings)

    [weekly] = before["schedules"]
    assert before["parameters"] == {"model": "weekly"}
    assert weekly["schedule"]["timezone"] == "Europe/Berlin"
    assert made.scheduled == ()
    assert again.scheduled == ("weekly",)
    assert "weekly" not in again.unscheduled


@pytest.mark.stack
def test_a_schedule_that_a_person_paused_stays_paused_and_keeps_its_model(system: System) -> None:
    settings = system.stack.settings
    found = read(system, WEEKLY)
    path = f"/deployments/{found['id']}/schedules/{found['schedules'][0]['id']}"
    with patient(system) as http:
        http.ask("PATCH", path, {"active": False})

    schedule(settings)

    after = read(system, WEEKLY)
    assert [one["active"] for one in after["schedules"]] == [False]
    assert after["parameters"] == {"model": "weekly"}


def test_deploying_outside_a_checkout_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no prefect\.yaml"):
        deploy(Settings(), tmp_path)
