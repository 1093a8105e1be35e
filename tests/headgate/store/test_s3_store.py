"""What only an S3 store has to bear: lost replies, odd refusals, missing services."""

import secrets
import socket
from collections.abc import Iterator

import pytest

from headgate.errors import HeadgateError, NotFoundError, UnreachableError, UsageError
from headgate.store import StoreRefusedError, open_store, prove_put_if_absent
from headgate.store.s3 import S3Store
from tests.fixtures_s3 import use_s3
from tests.headgate.store.unreliable import Fault, Plan, unreliable

AT_ONCE = (0.0,) * 5
AMBIGUOUS = [Fault.LOSE_REPLY, Fault.BAD_GATEWAY]


@pytest.fixture
def plan(s3_endpoint: str) -> Iterator[Plan]:
    with unreliable(s3_endpoint) as plan:
        yield plan


@pytest.fixture
def store(s3_url: str, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    use_s3(monkeypatch, plan.endpoint)
    return at_once(s3_url)


@pytest.fixture
def other(s3_url: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """Return the same store by the reliable way."""
    use_s3(monkeypatch, s3_endpoint)
    return at_once(s3_url)


def at_once(url: str) -> S3Store:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return S3Store(bucket, prefix, pauses_seconds=AT_ONCE)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("fault", [*AMBIGUOUS, Fault.LOSE_REQUEST])
def test_a_lost_reply_is_not_a_lost_race(store: S3Store, plan: Plan, fault: Fault) -> None:
    plan.faults = [fault]

    won = store.put_if_absent("ledger/1.json", b"mine")

    assert won
    assert plan.n_requests == 2
    assert store.get("ledger/1.json") == b"mine"


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_race_lost_behind_a_lost_reply_is_lost(
    store: S3Store, other: S3Store, plan: Plan, fault: Fault
) -> None:
    other.put_if_absent("ledger/1.json", b"theirs")
    plan.faults = [fault]

    assert not store.put_if_absent("ledger/1.json", b"mine")


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_when_every_reply_is_lost_reading_decides(store: S3Store, plan: Plan, fault: Fault) -> None:
    plan.always = fault

    assert store.put_if_absent("ledger/1.json", b"mine")
    assert plan.n_requests == len(AT_ONCE) + 1
    assert not store.put_if_absent("ledger/1.json", b"second")


@pytest.mark.parametrize("refusal", [Fault.CONFLICT, Fault.PRECONDITION_FAILED])
def test_a_refusal_with_nothing_there_is_tried_again(
    store: S3Store, plan: Plan, refusal: Fault
) -> None:
    plan.faults = [refusal, refusal]

    assert store.put_if_absent("ledger/1.json", b"mine")
    assert store.get("ledger/1.json") == b"mine"


@pytest.mark.parametrize("refusal", [Fault.CONFLICT, Fault.PRECONDITION_FAILED])
def test_after_a_refusal_the_bytes_there_decide(
    store: S3Store, other: S3Store, plan: Plan, refusal: Fault
) -> None:
    other.put_if_absent("ledger/1.json", b"theirs")
    plan.always = refusal

    assert not store.put_if_absent("ledger/1.json", b"mine")
    assert store.put_if_absent("ledger/1.json", b"theirs")


def test_refusals_with_nothing_there_end_in_an_error(store: S3Store, plan: Plan) -> None:
    plan.always = Fault.CONFLICT

    with pytest.raises(HeadgateError, match=r"refused again and again .*ledger/1\.json"):
        store.put_if_absent("ledger/1.json", b"mine")


def test_requests_that_never_arrive_end_as_unreachable(store: S3Store, plan: Plan) -> None:
    plan.always = Fault.LOSE_REQUEST

    with pytest.raises(UnreachableError, match="does not answer"):
        store.put_if_absent("ledger/1.json", b"mine")
    with pytest.raises(UnreachableError, match="does not answer"):
        store.put("beat", b"mine")


def test_a_reply_cut_short_is_read_again(store: S3Store, plan: Plan) -> None:
    body = secrets.token_bytes(100_000)
    store.put_if_absent("part", body)
    plan.method, plan.faults = "GET", [Fault.CUT_REPLY, Fault.LOSE_REPLY]

    assert store.get("part") == body


def test_a_listing_survives_a_lost_page(store: S3Store, plan: Plan) -> None:
    store.put_if_absent("a/1", b"")
    plan.method, plan.faults = "GET", [Fault.LOSE_REPLY, Fault.BAD_GATEWAY]

    assert [info.key for info in store.list("a/")] == ["a/1"]


def test_a_service_that_does_not_know_the_condition_is_refused_by_name(
    store: S3Store, plan: Plan
) -> None:
    plan.always = Fault.FORGET_CONDITION

    with pytest.raises(StoreRefusedError, match=r"s3://headgate-.*8 of 8 were told they had"):
        prove_put_if_absent(store)

    plan.always = Fault.NONE
    assert list(store.list("")) == []


@pytest.mark.usefixtures("s3_url")
def test_an_unknown_bucket_is_named_with_its_endpoint_by_every_call(s3_endpoint: str) -> None:
    store = at_once("s3://nobody-made-this/prefix")

    for call in (
        lambda: store.get("a"),
        lambda: store.head("a"),
        lambda: store.put_if_absent("a", b""),
        lambda: store.names(""),
        lambda: list(store.list("")),
    ):
        with pytest.raises(NotFoundError, match=f"'nobody-made-this' at {s3_endpoint}.*Create it"):
            call()


def test_an_absent_service_is_unreachable_and_named(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"http://127.0.0.1:{closed_port()}"
    use_s3(monkeypatch, endpoint)

    with pytest.raises(UnreachableError, match=f"{endpoint} does not answer") as caught:
        at_once(s3_url).find("a")

    assert caught.value.exit_code == 5


def test_missing_credentials_say_what_to_set(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(UsageError, match="Set AWS_ACCESS_KEY_ID"):
        at_once(s3_url).find("a")


def test_an_unknown_profile_is_a_usage_error(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(UsageError, match="AWS_PROFILE"):
        at_once(s3_url)


def test_a_user_in_the_endpoint_is_never_shown(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_s3(monkeypatch, f"http://user:hush@127.0.0.1:{closed_port()}")

    with pytest.raises(UnreachableError) as caught:
        at_once(s3_url).find("a")

    assert "hush" not in str(caught.value)
    assert "SKTEST" not in str(caught.value)


def test_markers_that_consoles_leave_for_folders_are_no_objects(s3_url: str) -> None:
    store = at_once(s3_url)
    store.put_if_absent("models/iris/a", b"")
    bucket = s3_url.removeprefix("s3://").partition("/")[0]

    for marker in ("prefix/", "prefix/models/", "prefix/models/iris/"):
        store._client.put_object(Bucket=bucket, Key=marker)

    assert [info.key for info in store.list("")] == ["models/iris/a"]
    assert store.names("") == ["models"]
    assert store.names("models/iris") == ["a"]


def test_the_uri_of_an_object_is_its_s3_uri(s3_url: str) -> None:
    store = open_store(f"{s3_url}/")

    assert store.url == s3_url
    assert store.uri("a/b") == f"{s3_url}/a/b"
