"""``doctor``: what works here, what does not, and what to do about it."""

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import dataclass

import click
import httpx
from pydantic import JsonValue

from headgate.cli.session import Session, command
from headgate.cli.tree import project_root
from headgate.errors import HeadgateError, NotFoundError, UnreachableError
from headgate.spec_loading import list_specs, load_spec
from headgate.store import prove_put_if_absent
from headgate.versions import list_models

LIBRARIES = ("prefect", "scikit-learn", "pandas", "fastapi", "pydantic", "skops", "s3fs", "boto3")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``needed`` ones decide the exit code."""

    name: str
    well: bool
    detail: str
    needed: bool = True


@click.command()
@command
def doctor(session: Session) -> None:
    """Check settings, store, models, Prefect, worker, API and libraries."""
    findings = [
        _look("store", lambda: _store(session)),
        _look("checkout", lambda: str(project_root())),
        _look("models", lambda: _models(session)),
        _look("prefect", lambda: _prefect(session), needed=False),
        _look("worker", lambda: _worker(session), needed=False),
        _look("api", lambda: _api(session), needed=False),
        _look("libraries", _libraries),
    ]
    listed: list[JsonValue] = [
        {"name": f.name, "well": f.well, "detail": f.detail, "needed": f.needed} for f in findings
    ]
    well = all(f.well for f in findings if f.needed)
    lines = [f"{_mark(f):<8}{f.name}: {f.detail}" for f in findings]
    session.answer({"well": well, "findings": listed}, "\n".join(lines))
    if not well:
        raise click.exceptions.Exit(1)


def _mark(finding: Finding) -> str:
    if finding.well:
        return "ok"
    return "WRONG" if finding.needed else "not up"


def _look(name: str, look: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(name, well=True, detail=look(), needed=needed)
    except HeadgateError as err:
        return Finding(name, well=False, detail=str(err), needed=needed)


def _store(session: Session) -> str:
    prove_put_if_absent(session.store)
    known = ", ".join(list_models(session.store)) or "none yet"
    return f"{session.store.url} keeps put-if-absent; models with versions: {known}"


def _models(session: Session) -> str:
    dirs = session.settings.models_dirs
    gone = [str(folder) for folder in dirs if not folder.is_dir()]
    if gone:
        raise NotFoundError(f"{', '.join(gone)} is not a folder. Set HEADGATE_MODELS_DIR.")
    names = list_specs(dirs)
    for name in names:
        load_spec(name, dirs)
    return f"{len(names)} specs load: {', '.join(names) or 'none'}"


def _prefect(session: Session) -> str:
    return f"{session.reachable_client().api_url} answers"


def _worker(session: Session) -> str:
    if session.reachable_client().pool_has_worker():
        return "one polled the pool 'headgate' within 40 s"
    raise UnreachableError("none polled the pool 'headgate' for 40 s. Start one: headgate worker")


def _api(session: Session) -> str:
    try:
        reply = httpx.get(f"{session.api_url}/health", timeout=5)
    except httpx.HTTPError as err:
        raise UnreachableError(
            f"{session.api_url} does not answer. Start it: headgate serve (or all: headgate up)"
        ) from err
    return f"{session.api_url} answers {reply.status_code}"


def _libraries() -> str:
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return f"Python {platform.python_version()}, {found}"
