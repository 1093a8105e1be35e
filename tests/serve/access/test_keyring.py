"""Keys are exchanged while the server runs, and each asks as often as it may."""

import os
from pathlib import Path

import httpx
import pytest

from headgate.api_keys import ApiKey, digest_of
from headgate.errors import UsageError
from headgate.key_files import append_key
from headgate.settings import Settings
from serve.access.keyring import LOOK_SECONDS, Keyring
from serve.access.security import Guard
from serve.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from tests.serve.making import FLOWER
from tests.serve.running import running, until

OLD, NEW = "hg_the-old-key", "hg_the-new-key"


def key(secret: str, name: str = "ci", roles: str = "predict") -> ApiKey:
    return ApiKey.parse(f"{name}:{roles}:sha256${digest_of(secret)}")


def asking(secret: str) -> dict[str, object]:
    return {"headers": [(b"host", b"x"), (b"authorization", f"Bearer {secret}".encode())]}


class Time:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_look(self) -> None:
        self.now += LOOK_SECONDS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    append_key(tmp_path / "keys", key(OLD))
    return tmp_path / "keys"


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def keyring(settings: Settings, file: Path, now: Time) -> Keyring:
    return Keyring(settings.model_copy(update={"api_keys_file": file}), now)


def knows(keyring: Keyring, *secrets: str) -> bool:
    return all(keyring.find(secret.encode()) is not None for secret in secrets)


def test_a_new_key_is_known_beside_the_old_one_and_then_instead(
    keyring: Keyring, file: Path, now: Time
) -> None:
    append_key(file, key(NEW))
    before = knows(keyring, NEW)
    now.pass_look()
    beside = knows(keyring, OLD, NEW)
    file.write_text(f"{key(NEW)}\n")
    now.pass_look()

    assert (before, beside) == (False, True)
    assert knows(keyring, NEW)
    assert not knows(keyring, OLD)


@pytest.mark.parametrize("text", ["nonsense\n", f"{key(NEW)}\nci:predict:sha256$12"])
def test_a_file_that_cannot_be_used_leaves_the_keys_and_is_told(
    keyring: Keyring, file: Path, now: Time, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(text)
    now.pass_look()

    assert knows(keyring, OLD)
    assert not knows(keyring, NEW)
    assert str(file) in (keyring.problem or "")
    assert [r.levelname for r in caplog.records] == ["WARNING"]

    file.write_text(f"{key(NEW)}\n")
    now.pass_look()
    assert knows(keyring, NEW)
    assert keyring.problem is None


@pytest.mark.parametrize("text", ["", "# all gone\n"])
def test_a_file_that_stays_empty_takes_the_last_key_back(
    keyring: Keyring, file: Path, now: Time, text: str
) -> None:
    file.write_text(text)
    now.pass_look()
    at_once = knows(keyring, OLD)
    now.pass_look()

    assert at_once, "somebody may just be writing it"
    assert not knows(keyring, OLD)
    assert "lets nobody in" in (keyring.problem or "")

    append_key(file, key(NEW))
    now.pass_look()
    assert knows(keyring, NEW)
    assert keyring.problem is None


def test_a_pipe_in_place_of_the_file_is_not_waited_for(
    keyring: Keyring, file: Path, now: Time
) -> None:
    file.unlink()
    os.mkfifo(file)
    now.pass_look()

    assert knows(keyring, OLD)
    assert "no ordinary file" in (keyring.problem or "")


def test_a_file_that_went_away_leaves_the_keys(keyring: Keyring, file: Path, now: Time) -> None:
    file.unlink()
    now.pass_look()

    assert knows(keyring, OLD)
    assert keyring.problem is not None


def test_a_change_that_keeps_size_and_time_is_seen_by_the_file_itself(
    keyring: Keyring, file: Path, now: Time
) -> None:
    new, was = file.with_name("new"), file.stat()
    new.write_text(file.read_text().replace(digest_of(OLD), digest_of(NEW)))
    os.utime(new, ns=(was.st_atime_ns, was.st_mtime_ns))
    new.replace(file)
    now.pass_look()

    assert knows(keyring, NEW)


def test_a_server_does_not_start_with_a_file_that_cannot_be_used(
    settings: Settings, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    with pytest.raises(UsageError, match="missing"):
        Guard(settings.model_copy(update={"api_keys_file": tmp_path / "missing"}))
    with pytest.raises(UsageError, match="no key in"):
        Guard(settings.model_copy(update={"api_keys_file": empty}))


def test_a_guard_lets_in_by_the_key_and_its_roles_alone(settings: Settings) -> None:
    keys = (key(OLD), key(NEW, "ops", "operate@iris"))
    guard = Guard(settings.model_copy(update={"api_keys": keys}))

    assert guard.admit(asking(OLD), "predict").name == "ci"
    assert guard.admit(asking(OLD), "predict", "iris").name == "ci"
    assert guard.admit(asking(NEW), "operate", "iris").name == "ops"
    for secret in (OLD, NEW):
        with pytest.raises(ForbiddenError):
            guard.admit(asking(secret), "operate")
    for nobody in (asking("hg_another"), asking(""), asking(OLD[:-1])):
        with pytest.raises(UnauthenticatedError):
            guard.admit(nobody, "predict")


def test_without_keys_whoever_reaches_the_server_is_let_in(settings: Settings) -> None:
    assert Guard(settings).admit({"headers": []}, "admin").name == "local"


def test_a_key_that_asks_too_often_waits_and_another_does_not(settings: Settings) -> None:
    update = {"api_keys": (key(OLD), key(NEW, "other")), "rate_limit": 0.25, "rate_burst": 2}
    guard = Guard(settings.model_copy(update=update))

    for _ in range(2):
        guard.admit(asking(OLD), "predict")
    with pytest.raises(RateLimitedError) as refused:
        guard.admit(asking(OLD), "predict")

    assert refused.value.retry_after in (3, 4)
    assert "'ci'" in str(refused.value)
    assert guard.admit(asking(NEW), "predict").name == "other"


def test_over_http_a_key_is_exchanged_and_a_slip_is_shown(
    shop_settings: Settings, file: Path
) -> None:
    update = {"api_keys_file": file, "rate_limit": 1e6}
    with running(shop_settings.model_copy(update=update)) as client:

        def status(secret: str) -> int:
            return client.get("/models", headers={"X-API-Key": secret}).status_code

        before = status(OLD), status(NEW), status("")
        file.write_text(f"{key(NEW)}\n")
        until(lambda: status(NEW) == 200, seconds=5)
        after = status(OLD)
        file.write_text("oops")
        until(lambda: status(NEW) == 200 and bool(health(client)["keys_problem"]), seconds=5)

    assert before == (200, 401, 401)
    assert after == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/models"), ("POST", "/predict"), ("POST", "/v2/models/side/infer")],
)
def test_over_http_too_many_requests_are_told_when_to_come_back(
    shop_settings: Settings, method: str, path: str
) -> None:
    update = {"rate_limit": 0.05, "rate_burst": 1}
    with running(shop_settings.model_copy(update=update)) as client:
        first = client.get("/models")
        second = client.request(method, path, json=FLOWER if method == "POST" else None)
        untouched = client.get("/health")

    assert (first.status_code, second.status_code, untouched.status_code) == (200, 429, 200)
    assert "requests per second" in second.text
    assert int(second.headers["Retry-After"]) in range(15, 21)


def health(client: httpx.Client) -> dict[str, object]:
    shown: dict[str, object] = client.get("/health").json()
    return shown
