import gzip
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pandas as pd
import pytest

from headgate.data.sources import read_frame, redact_uri
from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.store import open_store
from tests.fixtures_s3 import s3_endpoint, s3_url

__all__ = ["s3_endpoint", "s3_url"]

CSV = b"age,city\n31,Berlin\n,NA\n"
ROWS = [["31", "Berlin"], ["", "NA"]]


def put(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def rows(uri: str) -> list[list[object]]:
    return read_frame(uri).frame.to_numpy().tolist()


def test_csv_is_read_as_text(tmp_path: Path) -> None:
    read = read_frame(put(tmp_path / "a.csv", CSV))

    assert read.frame.to_numpy().tolist() == ROWS
    assert read.textual
    assert read.uri == str(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + CSV, id="byte-order-mark"),
        pytest.param(CSV.replace(b"\n", b"\r\n"), id="windows-line-ends"),
        pytest.param(b"\n" + CSV + b"\n", id="blank-lines"),
        pytest.param(CSV.replace(b"Berlin", b'"Berlin"'), id="quoted"),
        pytest.param(CSV.rstrip(), id="no-last-line-end"),
    ],
)
def test_the_usual_kinds_of_csv_read_the_same(tmp_path: Path, data: bytes) -> None:
    assert rows(put(tmp_path / "a.csv", data)) == ROWS


def test_packed_csv_is_unpacked(tmp_path: Path) -> None:
    assert rows(put(tmp_path / "a.csv.gz", gzip.compress(CSV))) == ROWS


def test_quotes_inside_a_field_are_kept(tmp_path: Path) -> None:
    data = b'size,note\n5" pipe,"two\nlines"\n'

    assert rows(put(tmp_path / "a.csv", data)) == [['5" pipe', "two\nlines"]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "line 3: 1 fields, but the header has 2"),
        (b"a,b\n1,2,9\n", "line 2: 3 fields, but the header has 2"),
        (b'a,b\n"x\ny",2\n3\n', "line 4: 1 fields"),
        (b"a,b\n1,\xff\n", "not UTF-8"),
        (b"\xff\xfea\x00,\x00b\x00", "not UTF-8"),
        (b'a,b\n1,"x\n3,4\n', "cannot be read as CSV after line 1"),
        (b"a,a\n1,2\n", "column 'a' stands there 2 times"),
        (b"a,\n1,2\n", "column 2 has no name"),
    ],
)
def test_csv_that_is_no_table_is_refused_with_its_line(
    tmp_path: Path, data: bytes, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        read_frame(put(tmp_path / "a.csv", data))


def test_a_large_row_in_a_large_file_is_read_whole(tmp_path: Path) -> None:
    long = "x" * 3_000_000

    read = read_frame(put(tmp_path / "a.csv", f"a,b\n{long},1\n2,3\n".encode()))

    assert read.frame["a"].str.len().tolist() == [3_000_000, 1]


def test_parquet_keeps_its_types_and_leaves_row_numbers_behind(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": [31, 40, 50], "city": ["Berlin", None, "Rome"]})
    frame[frame["age"] > 31].to_parquet(tmp_path / "a.parquet")

    read = read_frame(str(tmp_path / "a.parquet"))

    assert list(read.frame) == ["age", "city"]
    assert read.frame["age"].tolist() == [40, 50]
    assert not read.textual


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a readable Parquet file"):
        read_frame(put(tmp_path / "a.parquet", CSV))


@pytest.mark.parametrize("uri", ["{}", "{}/", "{}/*.csv", "file://{}"])
def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path, uri: str) -> None:
    put(tmp_path / "b.csv", b"b,a\n3,4\n")
    put(tmp_path / "a.csv", b"a,b\n1,2\n")
    put(tmp_path / "_SUCCESS", b"")
    put(tmp_path / ".hidden.csv", b"zzz\n1\n")

    assert rows(uri.format(tmp_path)) == [["1", "2"], ["4", "3"]]


def test_a_relative_path_is_taken_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "data" / "a.csv", CSV)
    monkeypatch.chdir(tmp_path)

    assert read_frame("data/a.csv").uri == str(tmp_path / "data" / "a.csv")


def test_a_folder_of_two_kinds_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", CSV)
    put(tmp_path / "b.parquet", CSV)

    with pytest.raises(UsageError, match="not of one kind"):
        read_frame(str(tmp_path))


def test_files_with_other_columns_are_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", b"a,b\n1,2\n")
    put(tmp_path / "b.csv", b"a,c\n1,2\n")

    with pytest.raises(UsageError, match="differ in their columns: 'b', 'c'"):
        read_frame(str(tmp_path))


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no file or folder .*gone\.csv"):
        read_frame(str(tmp_path / "gone.csv"))
    with pytest.raises(NotFoundError, match="holds no"):
        read_frame(str(tmp_path))


@pytest.mark.parametrize("uri", ["gs://bucket/a.csv", "http://host/a.csv", "az://a/b.csv"])
def test_other_schemes_are_refused_by_name(uri: str) -> None:
    with pytest.raises(UsageError, match=f"{uri.partition(':')[0]}:// is not read"):
        read_frame(uri)


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.xlsx"):
        read_frame(put(tmp_path / "a.xlsx", b"x"))


def test_a_function_brings_a_frame() -> None:
    read = read_frame(lambda: pd.DataFrame({"a": [1, 2]}, index=[7, 9]))

    assert read.frame.index.tolist() == [0, 1]
    assert not read.textual
    assert read.uri.startswith("python:tests.headgate.data.test_sources.")


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ([1, 2], "returned a list"),
        (pd.DataFrame({"a": []}), "no rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "stands there 2 times"),
        (pd.DataFrame([[1, 2]]), "column name 0 is not text"),
    ],
)
def test_a_function_that_brings_no_table_is_refused(made: pd.DataFrame, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_frame(lambda: made)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("data/a.csv", "data/a.csv"),
        ("https://ann:pw@host/a.csv?X-Amz-Signature=abc", "https://host/a.csv"),
        ("s3://KEY:se/cret@bucket/a.csv", "s3://bucket/a.csv"),
        ("s3://bucket/a@b/c.csv", "s3://bucket/a@b/c.csv"),
    ],
)
def test_user_names_and_signatures_are_cut(uri: str, shown: str) -> None:
    assert redact_uri(uri) == shown


def test_a_refusal_repeats_no_secret() -> None:
    with pytest.raises(UsageError) as caught:
        read_frame("https://ann:pw@host/a.csv?sig=abc", allow_https=False)

    assert not {"ann", "pw", "abc"} & set(str(caught.value).replace("/", " ").split())
    assert "https://host/a.csv" in str(caught.value)


@pytest.mark.parametrize("suffix", ["/a.csv", "", "/", "/*.csv", "/a*"])
def test_s3_is_read_like_a_local_folder(s3_url: str, suffix: str) -> None:
    store = open_store(s3_url)
    store.put("a.csv", CSV)
    store.put("deeper/b.csv", b"x\n1\n")

    assert rows(s3_url + suffix) == ROWS


def test_what_s3_does_not_have_is_not_found(s3_url: str) -> None:
    with pytest.raises(NotFoundError, match="nothing at"):
        read_frame(f"{s3_url}/gone.csv")


def test_credentials_in_an_s3_uri_are_refused_unseen() -> None:
    with pytest.raises(UsageError, match="user name") as caught:
        read_frame("s3://KEY:hunter2@bucket/a.csv")

    assert "hunter2" not in str(caught.value)


Serve = Callable[[Callable[[httpx.Request], httpx.Response]], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    def answer(handler: Callable[[httpx.Request], httpx.Response]) -> None:
        client = partial(httpx.Client, transport=httpx.MockTransport(handler))
        monkeypatch.setattr("headgate.data.remote.httpx.Client", client)

    return answer


def test_https_is_read_and_its_signature_forgotten(serve: Serve) -> None:
    serve(lambda _: httpx.Response(200, content=CSV))

    read = read_frame("https://host/a.csv?sig=abc")

    assert read.frame.to_numpy().tolist() == ROWS
    assert read.uri == "https://host/a.csv"


def test_https_is_limited_in_size(serve: Serve) -> None:
    serve(lambda _: httpx.Response(200, content=CSV))

    assert len(read_frame("https://host/a.csv", max_https_bytes=len(CSV)).frame) == 2
    with pytest.raises(UsageError, match="larger than 10 bytes"):
        read_frame("https://host/a.csv", max_https_bytes=10)


def test_https_follows_only_to_https(serve: Serve) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/moved.csv":
            return httpx.Response(302, headers={"Location": "https://other/a.csv"})
        if request.url.path == "/down.csv":
            return httpx.Response(302, headers={"Location": "http://169.254.169.254/a.csv"})
        return httpx.Response(200, content=CSV)

    serve(handler)

    assert rows("https://host/moved.csv") == ROWS
    with pytest.raises(UsageError, match="not https"):
        read_frame("https://host/down.csv")


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFoundError), (403, UsageError), (503, UnreachableError)],
)
def test_an_https_refusal_says_what_it_is(
    serve: Serve, status: int, error: type[Exception]
) -> None:
    serve(lambda _: httpx.Response(status))

    with pytest.raises(error, match=str(status)):
        read_frame("https://host/a.csv")


def test_a_server_that_does_not_answer_is_unreachable_and_its_url_unseen(serve: Serve) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    serve(refuse)

    with pytest.raises(UnreachableError, match="ConnectError") as caught:
        read_frame("https://host/a.csv?sig=abc")

    assert "abc" not in str(caught.value)
