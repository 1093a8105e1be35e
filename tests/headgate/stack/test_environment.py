from pathlib import Path

from headgate.settings import Settings
from headgate.stack.environment import flow_environment, server_environment, service_environment

SETTINGS = Settings(store_url="/the/store", prefect_api_url="http://127.0.0.1:4201/api")
FOLDER = Path("/the/store")
ELSEWHERE = {
    "PREFECT_API_URL": "http://prefect.example/api",
    "HEADGATE_PREFECT_API_URL": "http://prefect.example/api",
    "HEADGATE_API_KEYS": "ci:operate:sha256$and-so-on",
    "HEADGATE_API_KEYS_FILE": "/the/keys",
    "HEADGATE_STORE_URL": "./elsewhere",
    "MINE": "kept",
}


def test_the_server_is_not_its_own_client() -> None:
    environment = server_environment(SETTINGS, ELSEWHERE, FOLDER)

    assert "PREFECT_API_URL" not in environment
    assert environment["PREFECT_SERVER_UI_API_URL"] == SETTINGS.prefect_api_url


def test_every_part_keeps_to_itself_and_to_the_runtime_folder() -> None:
    for made in (server_environment, service_environment, flow_environment):
        environment = made(SETTINGS, ELSEWHERE, FOLDER)

        assert environment["PREFECT_HOME"] == "/the/store/prefect"
        assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
        assert environment["DO_NOT_TRACK"] == "1"
        assert environment["MINE"] == "kept"


def test_flow_runs_mean_the_stacks_own_store_and_prefect() -> None:
    environment = flow_environment(SETTINGS, ELSEWHERE, FOLDER)

    assert environment["HEADGATE_STORE_URL"] == "/the/store"
    assert environment["PREFECT_API_URL"] == SETTINGS.prefect_api_url
    assert "HEADGATE_PREFECT_API_URL" not in environment
    assert environment["PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK"] == (
        "local-file-system/headgate-results"
    )


def test_flow_runs_do_not_get_the_api_keys_but_the_api_does() -> None:
    for name in ("HEADGATE_API_KEYS", "HEADGATE_API_KEYS_FILE"):
        assert name not in flow_environment(SETTINGS, ELSEWHERE, FOLDER)
        assert name in service_environment(SETTINGS, ELSEWHERE, FOLDER)


def test_a_tuning_of_the_user_is_kept() -> None:
    environment = flow_environment(SETTINGS, {"OMP_NUM_THREADS": "7"}, FOLDER)

    assert environment["OMP_NUM_THREADS"] == "7"
