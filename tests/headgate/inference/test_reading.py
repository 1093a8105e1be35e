import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from headgate.errors import NotFoundError, UsageError
from headgate.inference.csv_rows import csv_batches
from headgate.inference.input_files import list_files
from headgate.inference.reading import RowReader
from headgate.inference.tables import count_rows, memory_bytes
from tests.headgate.inference.arranging import write_csv

N_ROWS = 10_000


@pytest.fixture
def reader() -> Iterator[RowReader]:
    with RowReader() as reader:
        yield reader


@pytest.fixture
def csv(tmp_path: Path) -> str:
    return write_csv(tmp_path / "a.csv", (f"{n},{-n}" for n in range(N_ROWS)))


@pytest.fixture
def parquet(tmp_path: Path) -> str:
    table = pa.table({"x": list(range(N_ROWS)), "y": [-n for n in range(N_ROWS)]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=3000)
    return str(tmp_path / "a.parquet")


def names(folder: str | Path) -> list[str]:
    return [Path(file.uri).name for file in list_files(str(folder))]


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (2990, 3010), (5000, 10_000), (7, 7)])
def test_a_range_of_rows_is_read_from_csv_and_parquet(
    reader: RowReader, csv: str, parquet: str, start: int, stop: int
) -> None:
    from_csv = reader.read(csv, start, stop, ["x"])
    from_parquet = reader.read(parquet, start, stop, ["x"])

    expected = list(range(start, stop))
    assert from_parquet.columns.get("x", []) == expected
    assert from_csv.columns.get("x", []) == [str(n) for n in expected]
    assert (from_csv.textual, from_parquet.textual) == (True, False)
    assert from_csv.n_rows == from_parquet.n_rows == stop - start


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ranges_one_after_another_make_the_whole(
    reader: RowReader, request: pytest.FixtureRequest, kind: str
) -> None:
    uri = request.getfixturevalue(kind)

    read = [reader.read(uri, n, n + 2500, ["y"]).columns["y"] for n in range(0, N_ROWS, 2500)]

    assert [int(str(value)) for part in read for value in part] == [-n for n in range(N_ROWS)]


def test_going_back_reads_the_same_rows_again(reader: RowReader, csv: str) -> None:
    first = reader.read(csv, 100, 200, ["x", "y"])
    reader.read(csv, 200, 300, ["x", "y"])

    assert reader.read(csv, 100, 200, ["x", "y"]) == first


def test_only_the_wanted_columns_that_exist_are_read(reader: RowReader, csv: str) -> None:
    assert set(reader.read(csv, 0, 5, ["y", "colour"]).columns) == {"y"}
    assert reader.read(csv, 5, 9, ["colour"]).columns == {}
    assert reader.read(csv, 9, 12, ["colour"]).n_rows == 3


def test_a_file_that_became_shorter_is_refused(reader: RowReader, csv: str) -> None:
    with pytest.raises(UsageError, match="row 10000 was counted but is not there"):
        reader.read(csv, N_ROWS - 1, N_ROWS + 1, ["x"])


def test_rows_are_counted(csv: str, parquet: str, tmp_path: Path) -> None:
    header_only = write_csv(tmp_path / "none.csv", [])

    assert (count_rows(csv), count_rows(parquet), count_rows(header_only)) == (N_ROWS, N_ROWS, 0)


def test_csv_cells_stay_text_with_their_line_ends(reader: RowReader, tmp_path: Path) -> None:
    uri = write_csv(tmp_path / "a.csv", ['"a\nb",007', "NA,", '"say ""hi""",1e3'])

    assert reader.read(uri, 0, 3, ["x", "y"]).columns == {
        "x": ["a\nb", "NA", 'say "hi"'],
        "y": ["007", "", "1e3"],
    }


def test_a_byte_order_mark_is_not_part_of_a_name(reader: RowReader, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfx,y\n1,2\n")

    assert reader.read(str(tmp_path / "a.csv"), 0, 1, ["x"]).columns == {"x": ["1"]}


def test_gzipped_csv_is_unpacked(reader: RowReader, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(b"x,y\n1,2\n3,4\n")
    uri = str(tmp_path / "a.csv.gz")

    assert count_rows(uri) == 2
    assert reader.read(uri, 1, 2, ["x"]).columns == {"x": ["3"]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"x,y\n1,2\n3\n", "line 3: 1 fields, but the header has 2"),
        (b"x,y\n1,2\n\n3,4,5\n", "line 4: 3 fields"),
        (b"x,y\n1,2\n\xff,4\n", "not UTF-8"),
        (b"x,\xff\n1,2\n", "not UTF-8"),
        (b"x,x\n1,2\n", "columns of the same name: x"),
        (b'x,y\n1,2\n"3,4\n5,6\n', "after line 2: .* Check its quotes"),
    ],
)
def test_a_damaged_csv_file_is_refused_with_its_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(UsageError, match=says):
        list(csv_batches(str(tmp_path / "a.csv"), ["x", "y"]))


@pytest.mark.parametrize("name", ["a.parquet", "a.csv.gz"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x,y\n1,2\n")

    with pytest.raises(UsageError, match="cannot be read"):
        count_rows(str(tmp_path / name))


def test_parquet_values_become_plain_ones(reader: RowReader, tmp_path: Path) -> None:
    table = pa.table(
        {
            "x": pa.array([1.5, float("nan"), None]),
            "y": pa.array(["a", "b", "a"]).dictionary_encode(),
            "z": pa.array([1, 2, None]).cast(pa.decimal128(21, 2)),
            "a.b": pa.array([True, None, False]),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")

    assert reader.read(str(tmp_path / "a.parquet"), 0, 3, ["x", "y", "z", "a.b"]).columns == {
        "x": [1.5, None, None],
        "y": ["a", "b", "a"],
        "z": [1.0, 2.0, None],
        "a.b": [True, None, False],
    }


def test_the_memory_of_parquet_rows_is_that_of_unpacked_ones(tmp_path: Path) -> None:
    table = pa.table({"x": ["a" * 1000 + str(n % 2) for n in range(1000)]})
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False)

    assert memory_bytes(str(path), path.stat().st_size) > 500_000 > path.stat().st_size


def test_a_folder_holds_its_files_in_order_without_hidden_and_other_ones(tmp_path: Path) -> None:
    for name in ("b.csv", "a.parquet", "_c.csv", ".d.csv", "e.txt", "sub/f.CSV", "_g/h.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n1\n")

    assert names(tmp_path) == ["a.parquet", "b.csv", "f.CSV"]
    assert names(f"{tmp_path}/*.csv") == ["b.csv"]
    assert names(f"file://{tmp_path}/b.csv") == ["b.csv"]
    assert names(tmp_path / "_c.csv") == ["_c.csv"]


@pytest.mark.parametrize("where", ["none.csv", "*.csv", "."])
def test_where_nothing_is_the_sentence_names_the_place(tmp_path: Path, where: str) -> None:
    with pytest.raises(NotFoundError, match=r"no \.csv"):
        list_files(str(tmp_path / where))


def test_a_named_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"")

    with pytest.raises(UsageError, match="is not read"):
        list_files(str(tmp_path / "a.xlsx"))
