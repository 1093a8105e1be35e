from io import BytesIO

import fsspec
import pyarrow as pa
import pyarrow.parquet
import pytest

from headgate.errors import NotFoundError, UnreachableError
from headgate.inference.finishing import finish
from headgate.inference.input_files import list_files
from headgate.inference.reading import RowReader
from headgate.inference.remote import open_s3
from headgate.inference.results import read_result
from headgate.inference.scoring_parts import score_part
from headgate.runs import records as runs
from headgate.store import Store, open_store
from tests.fixtures_prefect import free_port
from tests.headgate.inference.arranging import ROWS, a_plan, a_scorer, end

CSV = "x,y\n" + "".join(f"{row['x']},{row['y']}\n" for row in ROWS)


def put(s3_url: str, name: str, data: bytes) -> str:
    open_store(s3_url).put_if_absent(name, data)
    return f"{s3_url}/{name}"


def test_files_on_s3_are_listed_by_name_folder_and_glob(s3_url: str) -> None:
    for name in ("in/b.csv", "in/a.parquet", "in/sub/c.csv", "in/_d.csv", "in/e.txt"):
        put(s3_url, name, b"x\n1\n")

    def names(uri: str) -> list[str]:
        return [file.uri.removeprefix(f"{s3_url}/") for file in list_files(uri)]

    assert names(f"{s3_url}/in/b.csv") == ["in/b.csv"]
    assert names(f"{s3_url}/in") == names(f"{s3_url}/in/")
    assert names(f"{s3_url}/in") == ["in/a.parquet", "in/b.csv", "in/sub/c.csv"]
    assert names(f"{s3_url}/in/*.csv") == ["in/b.csv"]
    with pytest.raises(NotFoundError, match="none"):
        list_files(f"{s3_url}/none")


def test_a_new_file_is_seen_by_a_process_that_listed_before(s3_url: str) -> None:
    put(s3_url, "in/a.csv", b"x\n1\n")
    before = list_files(f"{s3_url}/in")
    put(s3_url, "in/b.csv", b"x\n1\n")

    assert len(list_files(f"{s3_url}/in")) == len(before) + 1


def test_a_range_of_a_parquet_file_on_s3_is_read(s3_url: str) -> None:
    written = BytesIO()
    table = pa.table({"x": list(range(100))})
    pyarrow.parquet.write_table(table, written, row_group_size=10)
    uri = put(s3_url, "a.parquet", written.getvalue())

    with RowReader() as reader:
        assert reader.read(uri, 15, 20, ["x"]).columns == {"x": [15, 16, 17, 18, 19]}


def test_from_s3_to_s3(store: Store, s3_url: str) -> None:
    uri = put(s3_url, "in.csv", CSV.encode())
    plan = a_plan(store, run_id="r1", input_uri=uri, output_uri=f"{s3_url}/out")
    attempt = runs.open_attempt(store, "r1", "batch-infer")

    score_part(store, plan, plan.parts[0], a_scorer(store))
    result = finish(store, plan)
    end(store, attempt.run_id, "completed")

    assert result.output_uri == f"{s3_url}/out/run_id=r1"
    body = read_result(store, "r1")
    assert body.n_rows_out == len(body.predictions) == len(ROWS)
    assert body.parts == (f"{s3_url}/out/run_id=r1/part-00000.parquet",)


def test_a_service_that_is_away_is_unreachable_and_not_a_bad_file(
    monkeypatch: pytest.MonkeyPatch, s3_url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    # Made once per process, for the endpoint of that moment.
    fsspec.get_filesystem_class("s3").clear_instance_cache()

    with pytest.raises(UnreachableError, match="S3 endpoint"):
        open_s3(f"{s3_url}/away/in.csv")
