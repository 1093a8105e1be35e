"""``demo``: the whole loop on real data, then everything is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx

from headgate.cli.session import Session, command
from headgate.cli.tree import project_root
from headgate.client import PrefectClient
from headgate.demo import story
from headgate.demo.breaking import BREAKS, MODEL, Break, make_break
from headgate.demo.scene import TIMEOUT_SECONDS, Scene
from headgate.demo.telling import Teller
from headgate.documents.ledger import Principal
from headgate.errors import UsageError
from headgate.settings import Settings
from headgate.stack import Stack, StackInfo
from headgate.store import open_store
from headgate.timing import utc_now


@click.command()
@click.option("--keep", is_flag=True, help="Leave the stack running until Ctrl-C.")
@click.option(
    "--break",
    "broken",
    default="gamma",
    show_default=True,
    metavar="NAME",
    help=f"How the bad challenger is broken: {', '.join(BREAKS)}.",
)
@command
def demo(session: Session, *, keep: bool, broken: str) -> None:
    """See the loop: train, gate, promote, serve, infer, refuse, roll back; under 4 minutes."""
    root = project_root()
    settings = _own_store(session.settings, root)
    tell = Teller(session.note if session.as_json else click.echo)
    bad = make_break(broken, settings.models_dirs, Path(settings.store_url) / "demo-data")
    tell.plain(f"Store {settings.store_url}")
    with Stack(settings, prefect_port=0, port=0, root=root) as stack:
        parts = f"Prefect, a worker and the API at {stack.info.api_url}"
        tell.tell("stack started", parts, tell.seconds)
        with _scene(stack.info, session.principal) as scene:
            _tell_all(scene, tell, bad)
        session.answer(
            {"store_url": settings.store_url, "seconds": round(tell.seconds, 1)},
            _ending(settings, tell, stack.info if keep else None),
        )
        if keep:
            stack.watch()


def _own_store(settings: Settings, root: Path) -> Settings:
    """Give the demo a store of its own beside the configured one; it is left to look at."""
    if "://" in settings.store_url:
        raise UsageError(
            f"The demo writes a local store, and HEADGATE_STORE_URL is {settings.store_url}. "
            "Unset it and try again."
        )
    folder = Path(settings.store_url) / f"demo-{utc_now():%Y%m%d-%H%M%S}"
    return settings.model_copy(
        update={
            "store_url": str(folder),
            "serve": (),
            "api_keys": (),
            "api_keys_file": None,
            "default_model": None,
        }
    ).model_copy(update={"models_dir": (root / "models",)})


@contextmanager
def _scene(info: StackInfo, person: Principal) -> Iterator[Scene]:
    with (
        PrefectClient(info.prefect_api_url) as prefect,
        httpx.Client(base_url=info.api_url, timeout=TIMEOUT_SECONDS) as api,
    ):
        yield Scene(MODEL, open_store(info.store_url), prefect, api, person)


def _tell_all(scene: Scene, tell: Teller, bad: Break) -> None:
    story.first_champion(scene, tell)
    story.better_challenger(scene, tell)
    story.bad_challenger(scene, tell, bad)
    story.take_back(scene, tell)
    story.tell_ledger(scene, tell)


def _ending(settings: Settings, tell: Teller, info: StackInfo | None) -> str:
    look = f"HEADGATE_STORE_URL={settings.store_url} headgate models"
    lines = [f"\nDone in {tell.seconds:.0f} s. The store is left to look at: {look}"]
    if info is not None:
        ui = info.prefect_api_url.removesuffix("/api")
        lines.append(f"API {info.api_url}/docs, Prefect {ui}. Ctrl-C stops all.")
    return "\n".join(lines)
