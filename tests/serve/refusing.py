"""The one form of every refusal, for tests that provoke one."""

from typing import Any

import httpx

JSON = {"Content-Type": "application/json"}


def in_order(value: object) -> str:
    """Return a name that is the same in every process; a set has no order of its own."""
    return "-".join(sorted(map(str, value))) if isinstance(value, set) else str(value)


def refusal(reply: httpx.Response) -> dict[str, Any]:
    """Return the error of an answer, which must be a 4xx in the one form."""
    assert 400 <= reply.status_code < 500, reply.text[:500]
    assert reply.headers["Content-Type"] == "application/json"
    error: dict[str, Any] = reply.json()
    assert error.keys() == {"error", "detail", "fields"}
    assert error["error"].endswith("Error")
    assert error["detail"].endswith((".", "there."))
    assert all(f.keys() == {"field", "problem"} for f in error["fields"])
    return error


def named(reply: httpx.Response) -> set[str]:
    return {field["field"] for field in refusal(reply)["fields"]}
