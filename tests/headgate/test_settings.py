from pathlib import Path

import pytest

from headgate.errors import UsageError
from headgate.settings import Settings

DIGEST = "0123456789abcdef" * 4
KEY = f"ci:operate+predict:sha256${DIGEST}"


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


def test_keys_are_read_with_their_roles(tmp_path: Path) -> None:
    (tmp_path / "headgate.toml").write_text(f'api_keys = ["{KEY}"]\n')

    from_file = Settings.load({}, tmp_path)
    from_environment = Settings.load({"HEADGATE_API_KEYS": f" {KEY} , {KEY}"}, tmp_path)

    (key,) = from_file.api_keys
    assert (key.name, [str(grant) for grant in key.grants]) == ("ci", ["operate", "predict"])
    assert from_environment.api_keys == (key, key)


@pytest.mark.parametrize("text", ["ci:operate:hunter2-hunter2-hunter2", "hunter2", "hunter2:x:y"])
def test_a_key_itself_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Settings.load({"HEADGATE_API_KEYS": text}, tmp_path)

    assert "HEADGATE_API_KEYS" in str(refused.value)
    assert "headgate key new" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_empty_file_of_keys_is_none_and_a_named_one_is_a_server_with_keys(
    tmp_path: Path,
) -> None:
    none = Settings.load({"HEADGATE_API_KEYS_FILE": ""}, tmp_path)
    named = Settings.load({"HEADGATE_API_KEYS_FILE": "keys.txt"}, tmp_path)

    assert not none.has_keys
    assert (named.api_keys_file, named.has_keys) == (tmp_path / "keys.txt", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROOT_PATH", "headgate/"),
        ("ROOT_PATH", "/a b"),
        ("CORS_ORIGINS", "example.org"),
        ("CORS_ORIGINS", "https://example.org/page"),
        ("RATE_LIMIT", "0"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.300"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1/8"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1,*"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(UsageError, match=f"HEADGATE_{name}"):
        Settings.load({f"HEADGATE_{name}": value}, tmp_path)


@pytest.mark.parametrize("proxies", ["", "*", "10.0.0.1, ::1", "10.0.0.0/8"])
def test_trusted_proxies_are_addresses_or_networks_or_all(tmp_path: Path, proxies: str) -> None:
    settings = Settings.load({"HEADGATE_FORWARDED_ALLOW_IPS": proxies}, tmp_path)

    assert ", ".join(settings.forwarded_allow_ips) == proxies


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.test"])  # noqa: S104
def test_listening_beyond_loopback_without_keys_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HEADGATE_API_KEYS"):
        Settings.load({"HEADGATE_HOST": host}, tmp_path).check_listening()

    Settings.load({"HEADGATE_HOST": host, "HEADGATE_API_KEYS": KEY}, tmp_path).check_listening()


def test_prefects_own_variable_names_its_api(tmp_path: Path) -> None:
    settings = Settings.load({"PREFECT_API_URL": "http://127.0.0.1:1/api"}, tmp_path)

    assert settings.prefect_api_url == "http://127.0.0.1:1/api"


def test_a_shadow_is_a_version_of_a_model(tmp_path: Path) -> None:
    settings = Settings.load({"HEADGATE_SHADOW": "iris@v0007, price@v0002"}, tmp_path)

    assert settings.shadow == ("iris@v0007", "price@v0002")
    for text in ("iris", "iris@champion", "Iris@v0001", "iris@7"):
        with pytest.raises(UsageError, match="HEADGATE_SHADOW"):
            Settings.load({"HEADGATE_SHADOW": text}, tmp_path)


def test_every_store_has_its_own_part_of_the_cache_folder(tmp_path: Path) -> None:
    one = Settings.load({"HEADGATE_CACHE_DIR": "c"}, tmp_path)
    other = Settings.load({"HEADGATE_CACHE_DIR": "c", "HEADGATE_STORE_URL": "s3://b"}, tmp_path)

    assert one.store_cache.parent == other.store_cache.parent == tmp_path / "c"
    assert one.store_cache != other.store_cache
