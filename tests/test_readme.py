"""What README and docs show is what happens."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.cli.main import COMMANDS
from headgate.settings import PREFIX, Settings
from headgate.stack import Stack

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = ("flows", "tasks", "serve", "models", "data", "prefect.yaml", "pyproject.toml", "Makefile")


def blocks() -> list[list[tuple[str, str]]]:
    """Return the console blocks of the README: commands, each with its output."""
    found = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    return [_commands(block) for block in found]


def _commands(block: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def alike(output: str) -> list[str]:
    """Return what must be the same every time: the words, without figures, names and blanks."""
    plain = re.sub(r"by \S+ \(local\)", "by SOMEBODY", output)
    plain = re.sub(r"\S*/\S*/\S*|http://\S+", "PATH", plain)
    plain = re.sub(r"\b[0-9a-f]{32}\b|-?\d+(\.\d+)?(e-\d+)?", "#", plain)
    return [" ".join(line.split()) for line in plain.strip().splitlines()]


def in_tree(command: str, tree: Path, **environ: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tree,
        env={**os.environ, "PATH": path, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the checkout that shares this environment."""
    for name in TREE:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


@pytest.fixture
def running(tree: Path) -> Iterator[Path]:
    settings = Settings.load({}, tree)
    with Stack(settings, prefect_port=0, port=0, root=tree):
        yield tree


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_the_demo_tells_what_the_readme_shows(tree: Path) -> None:
    ((_, shown),) = blocks()[0]

    told = in_tree(f"{sys.executable} -m headgate demo", tree)

    assert alike(told) == alike(shown)


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_your_own_data_goes_as_the_readme_shows(running: Path) -> None:
    for command, shown in blocks()[1]:
        told = in_tree(command, running)

        assert alike(told) == alike(shown), command


def test_the_table_of_settings_is_the_settings() -> None:
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]

    assert "\n".join(rows) in README


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    if isinstance(default, tuple):
        default = ",".join(map(str, default))
    return f"`{default}`" if default not in (None, "") else ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")

    assert re.search(rf"`{name}[ `]", page)


def test_every_linked_file_of_the_readme_exists() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).is_file()
