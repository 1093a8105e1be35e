"""What every command has at hand: settings, the store, who is asking, and how to answer."""

import getpass
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec

import click
from pydantic import JsonValue

from headgate.client import PrefectClient
from headgate.documents.base import Frozen
from headgate.documents.ledger import Principal
from headgate.errors import UnreachableError, UsageError
from headgate.ledger.acts import Act
from headgate.ledger.notice import NOTICE, Notice
from headgate.names import VersionRef, new_run_id
from headgate.settings import Settings
from headgate.stack import read_stack
from headgate.store import Store, open_store, prove_put_if_absent
from headgate.timing import utc_now

P = ParamSpec("P")


class Session:
    """One call of the command line."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.settings = Settings.load()

    @cached_property
    def store(self) -> Store:
        """The store, opened for reading."""
        return open_store(self.settings.store_url)

    @cached_property
    def proven_store(self) -> Store:
        """The store, after it proved its put-if-absent; for commands that write."""
        prove_put_if_absent(self.store)
        return self.store

    @cached_property
    def client(self) -> PrefectClient:
        """A client of the named Prefect, else of the running stack's."""
        stack = None if self._named("prefect_api_url") else read_stack(self.settings)
        return PrefectClient(stack.prefect_api_url if stack else self.settings.prefect_api_url)

    @property
    def api_url(self) -> str:
        """The address of the named API, else of the running stack's."""
        stack = None if self._named("host", "port") else read_stack(self.settings)
        return stack.api_url if stack else f"http://{self.settings.host}:{self.settings.port}"

    def _named(self, *settings: str) -> bool:
        """Say whether the environment or the file names an address; that outweighs a stack."""
        return not self.settings.model_fields_set.isdisjoint(settings)

    def reachable_client(self) -> PrefectClient:
        """Return the client if Prefect answers.

        Raises:
            UnreachableError: saying how to start it.
        """
        if not self.client.healthy():
            raise UnreachableError(
                f"Prefect's API at {self.client.api_url} does not answer. Start the stack in "
                "another terminal: headgate up"
            )
        return self.client

    @property
    def principal(self) -> Principal:
        """The operating system's user; known only where no API keys are set."""
        kind = "unverified" if self.settings.has_keys else "local"
        return Principal.model_validate({"name": getpass.getuser(), "kind": kind})

    def act(self, reason: str, run_id: str | None = None) -> Act:
        """Return an act of this user, now."""
        return Act(run_id or new_run_id(), self.principal, reason, utc_now())

    def tell_followers(self) -> None:
        """Let the servers of this machine look at the ledger at once."""
        Notice(self.settings.store_cache / NOTICE).give()

    def answer(self, document: dict[str, JsonValue] | Frozen, text: str) -> None:
        """Print the answer: the document as one JSON object, or the text for a person."""
        if not self.as_json:
            click.echo(text)
            return
        plain = document.model_dump(mode="json") if isinstance(document, Frozen) else document
        click.echo(json.dumps(plain, ensure_ascii=False))

    def note(self, text: str) -> None:
        """Tell a person how it goes, on standard error."""
        click.echo(text, err=True)


def command(
    function: Callable[Concatenate[Session, P], None],
) -> Callable[P, None]:
    """Give a command its session and the ``--json`` option."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.pop("as_json"))
        function(Session(as_json=as_json), *args, **kwargs)

    return wrapped


def table(rows: Iterable[Sequence[str]], header: Sequence[str]) -> str:
    """Return rows as aligned columns."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def version_ref(model: str, version: str | None) -> VersionRef:
    """Return the reference of ``MODEL VERSION`` or ``MODEL@VERSION``.

    Raises:
        UsageError: if the version is named twice or not at all.
    """
    text = f"{model}@{version}" if version is not None else model
    if version is not None and "@" in model:
        raise UsageError(f"The version is named twice: {model!r} and {version!r}. Write it once.")
    ref = VersionRef.parse(text)
    if ref.version is None:
        raise UsageError(f"Name a version of {model!r}, such as {model}@v0001 or {model}@champion.")
    return ref


def is_terminal() -> bool:
    """Say whether a person watches standard error."""
    return sys.stderr.isatty()
