"""The ids of requests: whose they are, and that no client can smuggle anything in by them."""

import pytest
from starlette.types import Scope

from serve.telemetry.ids import IdSource, TraceParent

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"
FIT = b"00-" + TRACE + b"-" + SPAN + b"-01"


def scope(*headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "headers": list(headers)}


@pytest.mark.parametrize("sent", [b"a", b"req-7.B_2", b"x" * 64])
def test_a_harmless_request_id_is_kept(sent: bytes) -> None:
    assert IdSource().read(scope((b"x-request-id", sent))).request_id == sent.decode()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"x" * 65, id="too long"),
        pytest.param(b'a","level":"error', id="quotes"),
        pytest.param(b"a\nforged", id="line"),
        pytest.param(b"a\n", id="line at the end"),
        pytest.param(b"\x1b[31m", id="terminal"),
        pytest.param("ä".encode(), id="not ascii"),
        pytest.param(b"a b", id="blank"),
    ],
)
def test_any_other_request_id_is_replaced_by_one_of_ours(sent: bytes) -> None:
    found = IdSource().read(scope((b"x-request-id", sent))).request_id

    assert found != sent.decode(errors="replace")
    assert found.endswith("-1")


def test_own_ids_differ_within_a_process_and_between_processes() -> None:
    source = IdSource()

    found = {source.read(scope()).request_id for _ in range(100)}
    found |= {IdSource().read(scope()).request_id for _ in range(100)}

    assert len(found) == 200


def test_a_traceparent_is_read_and_passed_on() -> None:
    trace = IdSource().read(scope((b"traceparent", FIT))).trace

    assert trace == TraceParent(TRACE.decode(), SPAN.decode(), "01")
    assert trace.header == FIT.decode()


def test_a_later_version_of_traceparent_may_say_more() -> None:
    assert TraceParent.parse(b"cc" + FIT[2:] + b"-what-comes") is not None


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="empty"),
        pytest.param(FIT.upper(), id="upper case"),
        pytest.param(b"ff" + FIT[2:], id="version ff"),
        pytest.param(FIT + b"-more", id="version 00 with more"),
        pytest.param(b"00-" + b"0" * 32 + b"-" + SPAN + b"-01", id="trace of zeros"),
        pytest.param(b"00-" + TRACE + b"-" + b"0" * 16 + b"-01", id="span of zeros"),
        pytest.param(b" " + FIT, id="blank"),
        pytest.param(FIT + b"\n", id="line"),
    ],
)
def test_a_traceparent_that_is_not_exactly_right_counts_as_absent(sent: bytes) -> None:
    assert IdSource().read(scope((b"traceparent", sent))).trace is None


def test_two_traceparents_count_as_none() -> None:
    twice = scope((b"traceparent", FIT), (b"traceparent", FIT))

    assert IdSource().read(twice).trace is None
