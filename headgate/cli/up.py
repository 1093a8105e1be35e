"""``up``: the stack in the foreground."""

from urllib.parse import urlsplit

import click

from headgate.cli.session import Session, command
from headgate.cli.tree import project_root
from headgate.settings import is_loopback
from headgate.stack import Stack

PORT = click.IntRange(0, 65535)
DEFAULT_PORT = 4200


@click.command()
@click.option("--port", type=PORT, help="Port of the API; default from the settings.")
@click.option("--prefect-port", type=PORT, help="Port of Prefect; default from PREFECT_API_URL.")
@click.option("--api-workers", type=click.IntRange(min=1), default=1, show_default=True)
@command
def up(session: Session, *, port: int | None, prefect_port: int | None, api_workers: int) -> None:
    """Run Prefect, a worker and the API in this terminal; Ctrl-C stops all of them."""
    stack = Stack(
        session.settings,
        prefect_port=_own_port(session) if prefect_port is None else prefect_port,
        port=port,
        api_workers=api_workers,
        root=project_root(),
        say=lambda text: session.note(f"  {text}"),
    )
    session.note("Starting; this takes half a minute.")
    with stack:
        info = stack.info
        ui = info.prefect_api_url.removesuffix("/api")
        session.answer(
            {
                "prefect_api_url": info.prefect_api_url,
                "api_url": info.api_url,
                "logs": str(info.logs),
            },
            f"API      {info.api_url}/docs\nPrefect  {ui}\nLogs     {info.logs}\nCtrl-C stops all.",
        )
        stack.watch()


def _own_port(session: Session) -> int:
    """Return the port that the other commands will look for Prefect on."""
    url = urlsplit(session.settings.prefect_api_url)
    return url.port or DEFAULT_PORT if is_loopback(url.hostname or "") else DEFAULT_PORT
