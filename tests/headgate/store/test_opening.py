"""A URL leads to one kind of store, or to a sentence that says why not."""

import subprocess
import sys
from pathlib import Path

import pytest

from headgate.errors import UsageError
from headgate.store import open_store
from headgate.store.urls import shown_url


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_a_path_and_a_file_url_open_the_same_folder(tmp_path: Path, form: str) -> None:
    url = form.format(tmp_path / "runtime")

    store = open_store(url)

    assert store.uri("a") == str(tmp_path / "runtime" / "a")
    assert store.url == url


def test_a_file_url_may_hold_escapes(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/with%20space")

    assert store.uri("a") == str(tmp_path / "with space" / "a")


def test_a_relative_folder_stays_where_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    store = open_store("./runtime")

    assert store.url == "./runtime"
    assert store.uri("a") == str(tmp_path / "runtime" / "a")


@pytest.mark.parametrize("scheme", ["gs", "az", "abfs", "http", "https", "memory", "GS"])
def test_a_store_that_is_not_proven_is_refused_by_name(scheme: str) -> None:
    with pytest.raises(
        UsageError, match=rf"{scheme.lower()}://.*until its put-if-absent is proven"
    ):
        open_store(f"{scheme}://bucket/prefix")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://",
        "s3:///prefix",
        "s3:bucket",
        "s3://b",
        "s3://bucket//prefix",
        "s3://bucket/../prefix",
        "file:runtime",
        "file://elsewhere/folder",
        "file://",
        "run\0time",
    ],
)
def test_a_url_that_names_no_store_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError):
        open_store(url)


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKID:hush@bucket/prefix",
        "s3://AKID:sl/hush@bucket/prefix",
        "s3://hush@bucket/prefix",
        "s3://bucket/prefix?X-Amz-Signature=hush",
        "s3://bucket/prefix#hush",
        "gs://user:hush@bucket/prefix",
        "file://user:hush@host/prefix",
        "s3:AKID:hush@bucket/prefix",
    ],
)
def test_a_secret_in_a_url_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)

    assert "hush" not in str(caught.value)
    assert "hush" not in shown_url(url)


def test_a_local_store_never_loads_boto3(tmp_path: Path) -> None:
    program = (
        "import sys; from headgate.store import open_store, prove_put_if_absent;"
        f"prove_put_if_absent(open_store({str(tmp_path)!r}));"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
