"""``new``: a model file from a data file."""

import click

from headgate.cli.session import Session, command
from headgate.names import check_model_name
from headgate.scaffold.writing import write_spec


@click.command()
@click.argument("model")
@click.option("--from", "source", required=True, metavar="FILE", help="CSV or Parquet.")
@click.option("--target", required=True, metavar="COLUMN", help="What is to be predicted.")
@command
def new(session: Session, model: str, *, source: str, target: str) -> None:
    """Write models/MODEL.py from a data file; it trains as it is."""
    path = write_spec(check_model_name(model), source, target, session.settings.models_dirs[0])
    session.answer(
        {"model": model, "path": str(path)},
        f"Wrote {path}. Look it over, then: headgate retrain {model}",
    )
