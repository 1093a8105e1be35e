from pathlib import Path
from typing import Any

import pytest

from headgate.documents.runs import InferBody, Request
from headgate.errors import UsageError
from headgate.inference.accepting import (
    Limits,
    accept,
)
from headgate.store import Store
from tests.builders import NOON
from tests.headgate.inference.arranging import ask, pending_runs


def accept_body(store: Store, limits: Limits, **body: object) -> Request:
    asked = InferBody.model_validate({"model": "iris", **body})
    return accept(
        store, asked, caller="alice", idempotency_key=None, now=NOON, limits=limits
    ).request


@pytest.mark.parametrize("name", ["input_uri", "output_uri"])
@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/a.csv",
        "http://169.254.169.254/latest",
        "gs://bucket/a.csv",
        "simplecache::s3://bucket/a.csv",
        "s3://KEY:secret@bucket/a.csv",
        "s3://bucket/a.csv?X-Amz-Signature=secret",
        "s3://",
        "S3://bucket/a.csv",
        "file://host/a.csv",
        "",
        "a\x00.csv",
        "x" * 2000,
    ],
)
def test_uris_that_must_not_be_opened_are_refused_without_their_secrets(
    store: Store, name: str, uri: str
) -> None:
    body: dict[str, Any] = {"input_uri": "a.csv", name: uri}

    with pytest.raises(UsageError, match=name) as caught:
        ask(store, **body)

    assert "secret" not in str(caught.value)
    assert pending_runs(store) == []


@pytest.mark.parametrize("uri", ["data/a.csv", "/data/*.csv", "s3://bucket/a/", "file:///a.csv"])
def test_paths_and_s3_are_accepted(store: Store, uri: str) -> None:
    assert ask(store, input_uri=uri).created


def test_with_roots_local_paths_stay_inside_them(store: Store, tmp_path: Path) -> None:
    limits = Limits(roots=(tmp_path / "data",))

    for uri in ("/etc/passwd.csv", f"{tmp_path}/data/../x.csv", f"{tmp_path}/data/a/../b.csv"):
        with pytest.raises(UsageError, match="must lie in"):
            accept_body(store, limits, input_uri=uri)
    accept_body(store, limits, input_uri=f"{tmp_path}/data/*.csv")
    accept_body(store, limits, input_uri="s3://bucket/a.csv")
