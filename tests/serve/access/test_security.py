"""Who may do what: every endpoint against every kind of key."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headgate.api_keys import ApiKey, Grant, Role, digest_of
from headgate.settings import Settings
from headgate.store import open_store
from tests.serve.conftest import settings_for
from tests.serve.making import FLOWER, a_live_model, flower
from tests.serve.running import running

SECRETS: dict[Role, str] = {
    "predict": "secret-of-the-predictor",
    "operate": "secret-of-the-operator",
    "approve": "secret-of-the-approver",
    "admin": "secret-of-the-administrator",
}
LIMITED = "secret-of-one-model-only"
PREDICT = [
    ("POST", "/predict"),
    ("POST", "/predict/batch"),
    ("POST", "/predict/top-k"),
    ("POST", "/models/flower/predict"),
    ("POST", "/infer"),
    ("POST", "/infer/nobody/retry"),
    ("DELETE", "/infer/nobody"),
    ("GET", "/status/nobody"),
    ("GET", "/models"),
    ("GET", "/models/flower"),
    ("GET", "/models/flower/ledger"),
    ("GET", "/model/info"),
]
OPERATE = [("POST", f"/runs/{flow}") for flow in ("train", "evaluate-gate", "promote", "retrain")]
OPEN = [("GET", "/health"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/docs")]


@pytest.fixture(scope="module")
def guarded_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded") / "store"


@pytest.fixture(scope="module")
def guarded(guarded_store: Path, closed_port: int) -> Iterator[httpx.Client]:
    settings = guarded_settings(guarded_store.parent, closed_port)
    a_live_model(open_store(settings.store_url), "flower", flower())
    with running(settings) as client:
        yield client


def guarded_settings(folder: Path, port: int) -> Settings:
    keys = [
        ApiKey(name=f"{role}-key", grants=(Grant(role=role),), sha256=digest_of(secret))
        for role, secret in SECRETS.items()
    ]
    limited = ApiKey.parse(f"limited:predict@flower+operate@other:sha256${digest_of(LIMITED)}")
    return settings_for(folder, port).model_copy(update={"api_keys": (*keys, limited)})


def ask(client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    body = FLOWER if method == "POST" else None
    return client.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize(("method", "path"), [*PREDICT, *OPERATE])
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-API-Key": "a-wrong-secret-key"}, {"Authorization": "Basic YTpi"}, {"X-API-Key": "é"}],
    ids=["none", "wrong", "another scheme", "not ASCII"],
)
def test_without_a_known_key_nothing_is_answered(
    guarded: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}

    reply = guarded.request(method, path, json=FLOWER, headers=raw)

    assert reply.status_code == 401
    assert reply.json()["error"] == "UnauthenticatedError"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_health_and_the_page_need_no_key(guarded: httpx.Client, method: str, path: str) -> None:
    assert guarded.request(method, path).status_code == 200


@pytest.mark.parametrize("role", SECRETS)
@pytest.mark.parametrize(("method", "path"), [*PREDICT, *OPERATE])
def test_a_key_may_what_its_roles_say(
    guarded: httpx.Client, method: str, path: str, role: Role
) -> None:
    allowed = role == "admin" or role == ("operate" if (method, path) in OPERATE else "predict")

    reply = ask(guarded, method, path, {"X-API-Key": SECRETS[role]})

    assert (reply.status_code == 403) is not allowed
    assert reply.status_code != 401
    if not allowed:
        assert reply.json()["error"] == "ForbiddenError"
        assert SECRETS[role] not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("POST", "/models/flower/predict", FLOWER, True),
        ("GET", "/models/flower", None, True),
        ("POST", "/infer", {"model": "flower", "instances": [FLOWER]}, True),
        ("GET", "/status/nobody", None, True),
        ("POST", "/models/other/predict", FLOWER, False),
        ("GET", "/models/other", None, False),
        ("POST", "/infer", {"model": "other", "instances": [FLOWER]}, False),
        # Whichever model is the default one now counts.
        ("POST", "/predict", FLOWER, True),
        ("GET", "/models", None, False),
        ("POST", "/runs/train", {"model": "flower"}, False),
        ("POST", "/runs/train", {"model": "other"}, True),
    ],
)
def test_a_key_for_one_model_may_nothing_about_another(
    guarded: httpx.Client, method: str, path: str, body: dict[str, object] | None, *, allowed: bool
) -> None:
    reply = guarded.request(method, path, json=body, headers={"X-API-Key": LIMITED})

    assert (reply.status_code == 403) is not allowed
    assert reply.status_code != 401


def test_a_bearer_token_is_a_key_too(guarded: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {SECRETS['predict']}"}

    assert ask(guarded, "POST", "/predict", headers).status_code == 200


def test_a_refused_caller_learns_nothing_about_the_body(guarded: httpx.Client) -> None:
    reply = guarded.post("/runs/train", content=b"junk", headers={"X-API-Key": SECRETS["predict"]})

    assert reply.status_code == 403


def test_the_contracts_in_the_document_are_for_those_who_may_predict(
    guarded: httpx.Client,
) -> None:
    without = guarded.get("/openapi.json").json()["paths"]
    with_key = guarded.get("/openapi.json", headers={"X-API-Key": SECRETS["predict"]}).json()

    assert "/models/flower/predict" not in without
    assert "/models/flower/predict" in with_key["paths"]


def test_a_run_is_cancelled_by_its_caller_or_an_operator_only(
    guarded: httpx.Client,
) -> None:
    body = {"model": "flower", "instances": [FLOWER]}
    admin = {"X-API-Key": SECRETS["admin"]}
    predict = {"X-API-Key": SECRETS["predict"]}
    of_admin = guarded.post("/infer", json=body, headers=admin).json()["run_id"]
    of_predict = guarded.post("/infer", json=body, headers=predict).json()["run_id"]

    refused = guarded.delete(f"/infer/{of_admin}", headers=predict)
    own = guarded.delete(f"/infer/{of_predict}", headers=predict)
    by_admin = guarded.delete(f"/infer/{of_admin}", headers=admin)

    assert refused.status_code == 403
    assert (own.status_code, own.json()["status"]) == (200, "cancelled")
    assert by_admin.json()["status"] == "cancelled"


def test_with_keys_a_caller_may_not_read_the_whole_disk(guarded: httpx.Client) -> None:
    headers = {"X-API-Key": SECRETS["predict"]}
    body = {"model": "flower", "input_uri": "/etc/passwd"}

    reply = guarded.post("/infer", json=body, headers=headers)

    assert reply.status_code == 422
    assert [f["field"] for f in reply.json()["fields"]] == ["input_uri"]


@pytest.mark.parametrize("uri", ["", "models", "snapshots/*.parquet", "../store/runs", "../sto*"])
@pytest.mark.parametrize("name", ["input_uri", "output_uri"])
def test_with_keys_no_caller_names_the_store(
    guarded: httpx.Client, guarded_store: Path, name: str, uri: str
) -> None:
    headers = {"X-API-Key": SECRETS["admin"]}
    body = {"model": "flower", "input_uri": "data/a.csv", name: f"{guarded_store}/{uri}"}

    reply = guarded.post("/infer", json=body, headers=headers)

    assert reply.status_code == 422
    assert [f["field"] for f in reply.json()["fields"]] == [name]


def test_with_keys_a_caller_names_the_data_folder(guarded: httpx.Client) -> None:
    headers = {"X-API-Key": SECRETS["predict"]}
    body = {"model": "flower", "input_uri": "data/a.csv", "output_uri": "data/out"}

    assert guarded.post("/infer", json=body, headers=headers).status_code == 202


@pytest.mark.parametrize("uri", ["", "models/flower", "../store/runs"])
def test_without_keys_no_caller_writes_into_the_store_either(
    shop: httpx.Client, shop_settings: Settings, uri: str
) -> None:
    output = f"{shop_settings.store_url}/{uri}"
    body = {"model": "flower", "instances": [FLOWER], "output_uri": output}

    reply = shop.post("/infer", json=body)

    assert reply.status_code == 422
    assert [f["field"] for f in reply.json()["fields"]] == ["output_uri"]


@pytest.mark.parametrize("path", ["/status", "/results"])
def test_a_run_is_shown_to_its_caller_or_an_operator_only(guarded: httpx.Client, path: str) -> None:
    body = {"model": "flower", "instances": [FLOWER]}
    admin = {"X-API-Key": SECRETS["admin"]}
    predict = {"X-API-Key": SECRETS["predict"]}
    of_admin = guarded.post("/infer", json=body, headers=admin).json()["run_id"]
    of_predict = guarded.post("/infer", json=body, headers=predict).json()["run_id"]

    refused = guarded.get(f"{path}/{of_admin}", headers=predict)
    own = guarded.get(f"{path}/{of_predict}", headers=predict)
    by_admin = guarded.get(f"{path}/{of_predict}", headers=admin)

    assert (refused.status_code, refused.json()["error"]) == (403, "ForbiddenError")
    assert own.json()["run_id"] == by_admin.json()["run_id"] == of_predict
