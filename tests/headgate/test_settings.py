from pathlib import Path

import pytest

from headgate.errors import UsageError
from headgate.settings import Settings

KEY = "ci:operate+predict:0123456789abcdef"


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)

    assert settings.store_url == str(tmp_path / "runtime")
    assert settings.models_dirs == (tmp_path / "models",)
    settings.check_listening()


def test_the_environment_outweighs_the_file(tmp_path: Path) -> None:
    (tmp_path / "headgate.toml").write_text('port = 1\nhost = "::1"\n')

    settings = Settings.load({"HEADGATE_PORT": "2"}, tmp_path)

    assert (settings.port, settings.host) == (2, "::1")


def test_a_section_of_the_file_is_chosen_by_env(tmp_path: Path) -> None:
    (tmp_path / "headgate.toml").write_text(
        'port = 1\n[dev]\nport = 2\n[prod]\nstore_url = "s3://b/p"\n'
    )

    prod = Settings.load({"HEADGATE_ENV": "prod"}, tmp_path)

    assert (prod.store_url, prod.port) == ("s3://b/p", 1)
    with pytest.raises(UsageError, match=r"no section \[test\] \(it has: dev, prod\)"):
        Settings.load({"HEADGATE_ENV": "test"}, tmp_path)


def test_every_wrong_setting_is_named_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    environ = {"HEADGATE_STORE_URI": "x", "HEADGATE_PORT": "http"}

    with pytest.raises(UsageError) as refused:
        Settings.load(environ, tmp_path)

    assert "did you mean HEADGATE_STORE_URL?" in str(refused.value)
    assert "HEADGATE_PORT" in str(refused.value)


def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "headgate.toml").write_text("port = ")

    with pytest.raises(UsageError, match=r"headgate\.toml"):
        Settings.load({}, tmp_path)


def test_keys_are_read_with_their_roles_and_never_shown(tmp_path: Path) -> None:
    settings = Settings.load({"HEADGATE_API_KEYS": KEY}, tmp_path)

    (key,) = settings.api_keys
    assert (key.name, key.roles) == ("ci", ("operate", "predict"))
    assert "0123456789abcdef" not in repr(settings)


def test_a_short_secret_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        Settings.load({"HEADGATE_API_KEYS": "ci:operate:hunter2"}, tmp_path)

    assert "HEADGATE_API_KEYS" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.test"])  # noqa: S104
def test_listening_beyond_loopback_without_keys_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HEADGATE_API_KEYS"):
        Settings.load({"HEADGATE_HOST": host}, tmp_path).check_listening()

    Settings.load({"HEADGATE_HOST": host, "HEADGATE_API_KEYS": KEY}, tmp_path).check_listening()


def test_prefects_own_variable_names_its_api(tmp_path: Path) -> None:
    settings = Settings.load({"PREFECT_API_URL": "http://127.0.0.1:1/api"}, tmp_path)

    assert settings.prefect_api_url == "http://127.0.0.1:1/api"
