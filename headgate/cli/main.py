"""The ``headgate`` command: which commands there are, and how errors are told."""

import importlib
import json
import sys
from typing import NamedTuple

import click

from headgate import __version__
from headgate.errors import HeadgateError, InvalidInputError, UsageError


class Entry(NamedTuple):
    """Where a command lives and what it is for; the module is imported when it is called."""

    group: str
    module: str
    name: str
    help: str


COMMANDS = {
    "demo": Entry("try", "demo", "demo", "See the whole loop on real data, then stop everything."),
    "up": Entry("try", "up", "up", "Run Prefect, a worker and the API in this terminal."),
    "doctor": Entry("try", "doctor", "doctor", "Check store, Prefect, worker and libraries."),
    "new": Entry("build", "new", "new", "Write a model file from a data file."),
    "import": Entry("build", "imports", "import_", "Make a version of a model fitted elsewhere."),
    "train": Entry("build", "build", "train", "Train one version."),
    "retrain": Entry("build", "build", "retrain", "Train, judge, and promote what passes."),
    "gate": Entry("judge", "judge", "gate", "Judge a version against the champion."),
    "diff": Entry("judge", "judge", "diff", "Compare two versions."),
    "promote": Entry("ship", "ship", "promote", "Make a version champion by its PASS."),
    "rollback": Entry("ship", "ship", "rollback", "Go back to the champion before."),
    "hold": Entry("ship", "ship", "hold", "Let nothing be promoted for now."),
    "release": Entry("ship", "ship", "release", "End a hold."),
    "models": Entry("look", "look", "models", "List the models, or the versions of one."),
    "ledger": Entry("look", "look", "ledger", "Show what was live, when, why and by whom."),
    "predict": Entry("use", "use", "predict", "Ask the live model for one answer."),
    "infer": Entry("use", "infer", "infer", "Score a file in batch."),
    "status": Entry("use", "infer", "status", "Tell the truth about a run."),
    "result": Entry("use", "infer", "result", "Show the result of a batch inference."),
    "cancel": Entry("use", "infer", "cancel", "Cancel a run."),
    "retry": Entry("use", "infer", "retry", "Try a failed batch inference again."),
    "serve": Entry("run", "run", "serve", "Run the API only."),
    "worker": Entry("run", "run", "worker", "Run a worker only."),
    "deploy": Entry("run", "run", "deploy", "Make the deployments and schedules in Prefect."),
    "key": Entry("run", "key", "key", "Make an API key."),
    "gc": Entry("run", "run", "gc", "Remove what no version or run needs."),
}
NEWCOMER = ("demo", "new", "retrain", "predict", "rollback")


class Commands(click.Group):
    """Imports a command's module when it is asked for, so that light commands start quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"headgate.cli.{entry.module}")
        found = getattr(module, entry.name)
        assert isinstance(found, click.Command)  # noqa: S101 - the table above is ours
        return found

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Begin with"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in NEWCOMER])
        for group in dict.fromkeys(entry.group for entry in COMMANDS.values()):
            with formatter.section(group.capitalize()):
                rows = [(n, e.help) for n, e in COMMANDS.items() if e.group == group]
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def headgate() -> None:
    """Run the production loop for scikit-learn models."""


def main() -> None:
    """Run one command and exit with its code: see the table in the README."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = headgate.main(arguments, prog_name="headgate", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_page:
        click.echo(help_page.ctx.get_help())
        return 0
    except click.ClickException as err:
        _tell(UsageError(err.format_message()), as_json="--json" in arguments)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except HeadgateError as err:
        _tell(err, as_json="--json" in arguments)
        return err.exit_code
    return code if isinstance(code, int) else 0


def _tell(err: HeadgateError, *, as_json: bool) -> None:
    fields = err.fields if isinstance(err, InvalidInputError) else ()
    if as_json:
        listed = [{"field": f.field, "problem": f.problem} for f in fields]
        click.echo(json.dumps({"error": type(err).__name__, "detail": str(err), "fields": listed}))
        return
    click.echo(f"headgate: {err}", err=True)
    for field in fields:
        click.echo(f"  {field.field}: {field.problem}", err=True)
