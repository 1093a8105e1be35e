"""``import``: a version from a model file fitted elsewhere."""

from pathlib import Path

import click

from headgate.cli.build import run_id_option
from headgate.cli.session import Session, command
from headgate.documents.version import Manifest
from headgate.names import check_model_name, new_run_id
from headgate.training.importing import import_file


@click.command(name="import")
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", required=True, metavar="URI", help="Labelled rows to judge it on.")
@click.option("--target", required=True, metavar="COLUMN")
@click.option("--allow-pickle", is_flag=True, help="Open a joblib or pickle file: it can run code.")
@run_id_option
@command
def import_(
    session: Session,
    model: str,
    file: Path,
    *,
    data: str,
    target: str,
    allow_pickle: bool,
    run_id: str | None,
) -> None:
    """Make a version of a fitted model in a skops, joblib or pickle FILE."""
    manifest = import_file(
        session.proven_store,
        check_model_name(model),
        file,
        data,
        target,
        allow_pickle=allow_pickle,
        trusted_types=session.settings.trusted_types,
        models_dirs=session.settings.models_dirs,
        run_id=run_id or new_run_id(),
        by=str(session.principal),
    )
    session.answer(
        {
            "run_id": manifest.run_id,
            "model": model,
            "version": manifest.version,
            "status": "completed",
            "metrics": dict(manifest.metrics),
        },
        f"Imported {file.name} as {model}@{manifest.version}: {_metrics_text(manifest)}. Judge it: "
        f"headgate gate {model} {manifest.version}",
    )


def _metrics_text(manifest: Manifest) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in manifest.metrics.items())
