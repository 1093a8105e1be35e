"""``serve``, ``worker``, ``deploy`` and ``gc``."""

import os
import sys

import click
from pydantic import JsonValue

from headgate.cli.session import Session, command, table
from headgate.cli.tree import project_root
from headgate.deploying import deploy as deploy_all
from headgate.gc import find_garbage, remove
from headgate.store.local import LocalStore
from headgate.timing import utc_now

TEMPORARY_SECONDS = 24 * 3600.0


@click.command()
@click.option("--host", help="Address to listen on; beyond loopback needs HEADGATE_API_KEYS.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes."
)
@command
def serve(session: Session, *, host: str | None, port: int | None, workers: int) -> None:
    """Run the API only, in the foreground."""
    arguments = ["--workers", str(workers)]
    arguments += ["--host", host] if host else []
    arguments += ["--port", str(port)] if port is not None else []
    session.note("Ctrl-C stops it.")
    _become(session, "serve", arguments)


@click.command()
@command
def worker(session: Session) -> None:
    """Run a worker only, in the foreground."""
    session.reachable_client()
    session.note("Ctrl-C stops it.")
    _become(session, "headgate.worker", [])


@click.command()
@command
def deploy(session: Session) -> None:
    """Make the work pool, the deployments and the schedules in Prefect."""
    client = session.reachable_client()
    settings = session.settings.model_copy(update={"prefect_api_url": client.api_url})
    made = deploy_all(settings, project_root())
    session.answer(
        {"scheduled": [*made.scheduled], "unscheduled": [*made.unscheduled]},
        "Deployed. Models with a schedule of their own: "
        f"{', '.join(made.scheduled) or 'none'}; retrained every night: "
        f"{', '.join(made.unscheduled) or 'none'}.",
    )


@click.command()
@click.option("--keep", type=click.IntRange(min=1), help="Keep files of this many new versions.")
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@command
def gc(session: Session, *, keep: int | None, dry_run: bool) -> None:
    """Remove what no version or run needs; versions that were ever live stay."""
    garbage = find_garbage(session.store, utc_now(), keep)
    n_temporary = 0
    if not dry_run:
        remove(session.store, garbage)
        if isinstance(session.store, LocalStore):
            n_temporary = session.store.sweep_temporary(TEMPORARY_SECONDS)
    listed: list[JsonValue] = [{"key": g.key, "size": g.size, "why": g.why} for g in garbage]
    document: dict[str, JsonValue] = {
        "removed": [] if dry_run else listed,
        "found": listed,
        "n_temporary": n_temporary,
    }
    n_bytes = sum(g.size for g in garbage)
    verb = "Would remove" if dry_run else "Removed"
    lines = table([(g.key, str(g.size), g.why) for g in garbage], ("KEY", "BYTES", "WHY"))
    summary = f"{verb} {len(garbage)} objects, {n_bytes} bytes; {n_temporary} temporary files."
    session.answer(document, f"{lines}\n{summary}" if garbage else summary)


def _become(session: Session, module: str, arguments: list[str]) -> None:
    """Turn this process into a module of the tree, so that signals reach it directly."""
    settings = session.settings
    environ = {
        **os.environ,
        "HEADGATE_STORE_URL": settings.store_url,
        "HEADGATE_MODELS_DIR": os.pathsep.join(map(str, settings.models_dirs)),
        "PREFECT_API_URL": session.client.api_url,
    }
    os.chdir(project_root())
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environ)  # noqa: S606
