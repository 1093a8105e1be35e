"""Makes Prefect know us: work pool, place of results, deployments, and a schedule per spec."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, JsonValue, SecretStr, TypeAdapter

from headgate.errors import HeadgateError, NotFoundError, UsageError
from headgate.prefect_http import PrefectHttp
from headgate.schedules import Schedule
from headgate.settings import Settings
from headgate.spec_loading import list_specs, load_spec
from headgate.store import open_store

POOL = "headgate"
POOL_TYPE = "process"
RESULTS = "headgate-results"
TEMPLATE = "retrain/default"
OF_A_SPEC = "schedule-of-a-spec"
DEPLOY_SECONDS = 120
PREFECT_FILE = "prefect.yaml"


class DeployFailedError(HeadgateError):
    """Prefect did not make the deployments."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"Prefect did not make the deployments of {PREFECT_FILE}. It said: {said.strip()}"
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A saved Prefect block: its type, its name and what it says."""

    type: str
    name: str
    data: dict[str, JsonValue]

    @property
    def slug(self) -> str:
        return f"{self.type}/{self.name}"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What `deploy` left behind: the models that have a schedule of their own."""

    scheduled: tuple[str, ...]
    unscheduled: tuple[str, ...]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Named(_Read):
    id: str


class _Cron(_Read):
    cron: str | None = None
    timezone: str | None = None


class _DeploymentSchedule(_Read):
    active: bool
    schedule: _Cron


class _Deployment(_Read):
    id: str
    name: str
    flow_id: str
    entrypoint: str | None = None
    path: str | None = None
    pull_steps: JsonValue = None
    parameter_openapi_schema: JsonValue = None
    enforce_parameter_schema: bool = True
    schedules: tuple[_DeploymentSchedule, ...] = ()


class _Worker(_Read):
    name: str


_LIST = TypeAdapter(list[_Named])
_WORKERS = TypeAdapter(list[_Worker])
_DEPLOYMENTS = TypeAdapter(list[_Deployment])


def results_block(settings: Settings) -> Block:
    """Return the block that tells Prefect to keep the results of tasks in our store."""
    uri = open_store(settings.store_url).uri("results/x").removesuffix("/x")
    if urlsplit(uri).scheme != "s3":
        return Block("local-file-system", RESULTS, {"basepath": uri})
    return Block("remote-file-system", RESULTS, {"basepath": uri, "settings": _s3_settings()})


def _s3_settings() -> dict[str, JsonValue]:
    """Return how s3fs reaches the bucket; credentials come from each process' environment."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return {}
    return {
        "endpoint_url": endpoint,
        "config_kwargs": {"s3": {"addressing_style": "path"}},
    }


def deploy(settings: Settings, root: Path | None = None) -> Deployed:
    """Make pool, block, deployments and schedules; can be repeated, and then changes nothing.

    ``root`` is the checkout, by default the working directory.

    Raises:
        UsageError: outside a checkout.
        UnreachableError: if Prefect does not answer.
        DeployFailedError: if Prefect does not accept the deployments.
    """
    root = root or Path.cwd()
    if not (root / PREFECT_FILE).is_file():
        raise UsageError(
            f"Deploying needs the checkout, and {root} has no {PREFECT_FILE}. Change into it."
        )
    prepare(settings)
    _run_prefect_deploy(settings, root)
    return schedule(settings)


def prepare(settings: Settings) -> None:
    """Make the work pool and the place of results, which workers and deployments need."""
    http = _open(settings)
    try:
        _ensure_pool(http)
        _ensure_block(http, results_block(settings))
    finally:
        http.close()


def worker_is_online(settings: Settings, name: str) -> bool:
    """Say whether the work pool knows a worker of that name."""
    http = _open(settings)
    try:
        workers = http.ask("POST", f"/work_pools/{POOL}/workers/filter", {})
    finally:
        http.close()
    return any(worker.name == name for worker in _WORKERS.validate_json(workers.content))


def _open(settings: Settings) -> PrefectHttp:
    auth = os.environ.get("PREFECT_API_AUTH_STRING")
    return PrefectHttp(
        settings.prefect_api_url,
        auth=SecretStr(auth) if auth else None,
        timeout_seconds=15,
        patience_seconds=30,
    )


def _ensure_pool(http: PrefectHttp) -> None:
    try:
        http.ask("GET", f"/work_pools/{POOL}")
    except NotFoundError:
        # The first worker fills in the template of its type.
        pool: JsonValue = {"name": POOL, "type": POOL_TYPE, "description": "Headgate's flows."}
        http.ask("POST", "/work_pools/", pool)


def _ensure_block(http: PrefectHttp, block: Block) -> None:
    """Save the block, or bring the saved one up to date."""
    type_id = _Named.model_validate_json(
        http.ask("GET", f"/block_types/slug/{block.type}").content
    ).id
    try:
        path = f"/block_types/slug/{block.type}/block_documents/name/{block.name}"
        saved = _Named.model_validate_json(http.ask("GET", path).content)
    except NotFoundError:
        known: JsonValue = {"block_schemas": {"block_type_id": {"any_": [type_id]}}, "limit": 1}
        schemas = _LIST.validate_json(http.ask("POST", "/block_schemas/filter", known).content)
        document: JsonValue = {
            "name": block.name,
            "data": block.data,
            "block_type_id": type_id,
            "block_schema_id": schemas[0].id,
        }
        http.ask("POST", "/block_documents/", document)
    else:
        update: JsonValue = {"data": block.data, "merge_existing_data": False}
        http.ask("PATCH", f"/block_documents/{saved.id}", update)


def _run_prefect_deploy(settings: Settings, root: Path) -> None:
    """Run Prefect's own command, so that prefect.yaml means here what it means to everybody."""
    environment = {**os.environ, "PREFECT_API_URL": settings.prefect_api_url, "DO_NOT_TRACK": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEPLOY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise DeployFailedError(f"nothing within {DEPLOY_SECONDS} s") from err
    if done.returncode:
        raise DeployFailedError("\n".join((done.stdout + done.stderr).splitlines()[-15:]))


def schedule(settings: Settings) -> Deployed:
    """Give every spec that has a schedule a deployment with it, and take away the others.

    One that a person paused stays paused. The model is the deployment's parameter, not the
    schedule's: Prefect forgets a schedule's parameters when somebody pauses it.

    Raises:
        NotFoundError: if there are no deployments yet.
    """
    names = list_specs(settings.models_dirs)
    declared = {name: load_spec(name, settings.models_dirs).spec.schedule for name in names}
    wanted = {name: one for name, one in declared.items() if one is not None}
    http = _open(settings)
    try:
        _reconcile(http, wanted)
    finally:
        http.close()
    return Deployed(tuple(sorted(wanted)), tuple(sorted(declared.keys() - wanted.keys())))


def _reconcile(http: PrefectHttp, wanted: Mapping[str, Schedule]) -> None:
    query: JsonValue = {"deployments": {"tags": {"all_": [OF_A_SPEC]}}, "limit": 200}
    found = _DEPLOYMENTS.validate_json(http.ask("POST", "/deployments/filter", query).content)
    there = {deployment.name: deployment for deployment in found}
    model_of = {scheduled_name(model): model for model in wanted}
    for gone in there.keys() - model_of.keys():
        with suppress(NotFoundError):
            http.ask("DELETE", f"/deployments/{there[gone].id}")
    path = f"/deployments/name/{TEMPLATE}"
    template = _Deployment.model_validate_json(http.ask("GET", path).content)
    for name, model in model_of.items():
        paused = name in there and not any(one.active for one in there[name].schedules)
        http.ask("POST", "/deployments/", _scheduled(template, model, wanted[model], paused=paused))


def scheduled_name(model: str) -> str:
    """Return what the deployment with a spec's own schedule is called; a model has no hyphen.

    >>> scheduled_name("iris")
    'iris-schedule'
    """
    return f"{model}-schedule"


def _scheduled(template: _Deployment, model: str, schedule: Schedule, *, paused: bool) -> JsonValue:
    cron: JsonValue = {"cron": schedule.cron, "timezone": schedule.timezone}
    slug = f"retrain-{model.replace('_', '-')}"
    return {
        **template.model_dump(mode="json", exclude={"id", "name", "schedules"}),
        "name": scheduled_name(model),
        "description": f"Retrain {model} by the schedule of its spec.",
        "parameters": {"model": model},
        "tags": ["headgate", "retrain", OF_A_SPEC],
        "work_pool_name": POOL,
        "schedules": [{"slug": slug, "active": not paused, "schedule": cron}],
    }
