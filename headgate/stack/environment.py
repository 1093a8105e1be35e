"""The environments of a stack's processes: on loopback, and telling nobody."""

from collections.abc import Mapping
from pathlib import Path

from headgate.settings import Settings
from headgate.worker import worker_environment

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
}
# These name a Prefect or an address elsewhere; a stack uses its own.
ELSEWHERE = frozenset(
    {
        "PREFECT_API_URL",
        "PREFECT_API_KEY",
        "PREFECT_PROFILE",
        "PREFECT_PROFILES_PATH",
        "HEADGATE_PREFECT_API_URL",
        "HEADGATE_HOST",
        "HEADGATE_PORT",
    }
)


def server_environment(
    settings: Settings, environ: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Return the environment of Prefect's server, which must not take itself for its client."""
    return {
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",
        **_own(environ, folder),
        # Without it the pages ask port 4200, whatever the server's own port is.
        "PREFECT_SERVER_UI_API_URL": settings.prefect_api_url,
    }


def service_environment(
    settings: Settings, environ: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Return the environment of the API."""
    return {
        **_own(environ, folder),
        "PREFECT_API_URL": settings.prefect_api_url,
        "HEADGATE_STORE_URL": settings.store_url,
    }


def flow_environment(
    settings: Settings, environ: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Return the environment of the worker, which its flow runs inherit."""
    return worker_environment(settings, _own(environ, folder))


def _own(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in environ.items() if name not in ELSEWHERE}
    return {**inherited, **QUIET, "PREFECT_HOME": str(folder / "prefect")}
