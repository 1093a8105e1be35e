from pathlib import Path

import pytest

from headgate.api_keys import ApiKey, digest_of
from headgate.key_files import read_keys
from tests.headgate.cli.conftest import Cli


def test_a_key_is_shown_once_with_the_line_that_knows_it(cli: Cli) -> None:
    said = cli("key", "new", "ci", "--role", "predict", "--role", "operate", "--json")

    line = ApiKey.parse(str(said.document["line"]))
    secret = str(said.document["key"])
    assert (line.name, [str(grant) for grant in line.grants]) == ("ci", ["predict", "operate"])
    assert line.sha256 == digest_of(secret)
    assert secret not in str(line)


def test_a_key_for_one_model_is_added_to_a_file_behind_the_others(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "keys"

    first = cli("key", "new", "ci", "--role", "predict", "--file", str(file))
    second = cli("key", "new", "ci", "--role", "predict", "--model", "iris", "--file", str(file))

    assert (first.code, second.code) == (0, 0)
    assert [str(key.grants[0]) for key in read_keys(file)] == ["predict", "predict@iris"]
    secret = first.out.splitlines()[0]
    assert digest_of(secret) == read_keys(file)[0].sha256
    assert secret not in file.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("ci",),
        ("ci", "--role", "root"),
        ("two words", "--role", "predict"),
        ("ci", "--role", "predict", "--model", "Not a name"),
    ],
)
def test_a_key_that_cannot_be_is_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    said = cli("key", "new", *arguments)

    assert (said.code, said.out) == (2, "")
