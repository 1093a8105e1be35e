"""``key new``: an API key, shown once."""

from pathlib import Path

import click

from headgate.api_keys import ROLES, ApiKey, digest_of, new_secret
from headgate.cli.session import Session, command
from headgate.key_files import append_key


@click.command()
@click.argument("action", type=click.Choice(["new"]))
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What it may do; may be given several times.",
)
@click.option("--model", help="For this model only; default: for every model.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add it to this file of keys; default: only print it.",
)
@command
def key(
    session: Session,
    action: str,  # noqa: ARG001 - there is one so far
    name: str,
    *,
    roles: tuple[str, ...],
    model: str | None,
    file: Path | None,
) -> None:
    """Make an API key of NAME; print it once, and the line that servers are given."""
    secret = new_secret()
    granted = "+".join(f"{role}@{model}" if model else role for role in dict.fromkeys(roles))
    made = ApiKey.parse(f"{name}:{granted}:sha256${digest_of(secret)}")
    if file is not None:
        append_key(file, made)
        where = f"Added to {file}; servers whose HEADGATE_API_KEYS_FILE it is take it in a second."
    else:
        where = "Add this line to HEADGATE_API_KEYS_FILE, or put it into HEADGATE_API_KEYS:"
        where = f"{where}\n{made}"
    session.answer(
        {"name": made.name, "roles": list(map(str, made.grants)), "key": secret, "line": str(made)},
        f"{secret}\nThis is the key of {made.name}, and it is shown this once. {where}",
    )
