import stat
from pathlib import Path

import pytest

from headgate.api_keys import ApiKey, Grant, digest_of, new_secret, parse_keys
from headgate.errors import UsageError
from headgate.key_files import append_key, read_keys

DIGEST = digest_of("hg_something")
LINE = f"ci:predict@iris+operate:sha256${DIGEST}"


def test_a_key_is_written_as_it_is_read() -> None:
    key = ApiKey.parse(LINE)

    assert str(key) == LINE
    assert key.grants == (Grant(role="predict", model="iris"), Grant(role="operate"))
    assert key.sha256 == DIGEST


@pytest.mark.parametrize(
    "text",
    [
        f"ci:predict:{DIGEST}",
        f"ci:predict:sha256${DIGEST[:-1]}",
        f"ci:predict:sha256${DIGEST.upper()}",
        f"ci:root:sha256${DIGEST}",
        f"ci::sha256${DIGEST}",
        f"ci:predict@:sha256${DIGEST}",
        f"ci:predict@Not a name:sha256${DIGEST}",
        f"two words:predict:sha256${DIGEST}",
        f"{'n' * 65}:predict:sha256${DIGEST}",
        "ci",
        "",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        ApiKey.parse(text)


def test_no_two_keys_are_alike_and_none_is_short() -> None:
    secrets = [new_secret() for _ in range(100)]

    assert len(set(secrets)) == 100
    assert min(map(len, secrets)) > 40


def test_a_file_says_a_key_a_line_among_notes_and_empty_lines() -> None:
    keys = parse_keys(f"# the new one\n{LINE}\n\n  # the old one, until May\n{LINE}\n")

    assert [key.name for key in keys] == ["ci", "ci"]


def test_a_file_without_a_key_has_none(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# nothing\n\n")

    assert read_keys(tmp_path / "keys") == ()


def test_a_file_that_cannot_be_used_says_where(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{LINE}\nnonsense")

    with pytest.raises(UsageError, match="Line 2") as refused:
        read_keys(tmp_path / "keys")

    assert str(tmp_path / "keys") in str(refused.value)
    assert "nonsense" not in str(refused.value)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    for name in ("missing", "bytes"):
        with pytest.raises(UsageError, match=name):
            read_keys(tmp_path / name)


def test_a_key_is_added_behind_what_stands_there(tmp_path: Path) -> None:
    file, key = tmp_path / "keys", ApiKey.parse(LINE)

    append_key(file, key)
    made = stat.S_IMODE(file.stat().st_mode)
    file.write_text(f"# mine\n{key}")
    file.chmod(0o640)
    append_key(file, key)

    assert read_keys(file) == (key, key)
    assert file.read_text().startswith("# mine\n")
    assert (made, stat.S_IMODE(file.stat().st_mode)) == (0o600, 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]


def test_nothing_is_added_to_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("something else")

    with pytest.raises(UsageError):
        append_key(tmp_path / "keys", ApiKey.parse(LINE))

    assert (tmp_path / "keys").read_text() == "something else"
