"""What README and the page about protocols show works as it is written."""

import json
import re
import subprocess
import warnings
from pathlib import Path

import pytest

from tests.serve.builtin import Five

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/protocols.md")


def blocks(language: str) -> list[str]:
    pages = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    return [
        block
        for page in pages
        for block in re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
    ]


def at(five: Five, text: str) -> str:
    """Return the text with the address of the running server in it."""
    _, port = five.host.split(":")
    return text.replace(":8000", f":{port}").replace(", 8000", f", {port}")


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_examples_run(five: Five, number: int) -> None:
    code = compile(at(five, blocks("python")[number]), f"example {number}", "exec")

    with warnings.catch_warnings():
        # Other packages warn of themselves as they are imported.
        warnings.simplefilter("ignore")
        exec(code, {})  # noqa: S102 - the text of our own pages


def test_the_curl_examples_answer(five: Five) -> None:
    commands = "".join(blocks("sh")).splitlines()
    replies = [
        subprocess.run(
            ["bash", "-c", at(five, command)], capture_output=True, text=True, check=True
        ).stdout
        for command in commands
    ]

    one, text, table = replies
    assert json.loads(one)["label"] == "setosa"
    assert json.loads(text)["label"] == "positive"
    assert len(table.splitlines()) == 3
