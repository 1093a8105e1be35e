from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet
import pytest

from headgate.errors import HeadgateError, IntegrityError
from headgate.inference import scoring_parts
from headgate.inference.cancelling import CancelledRunError, cancel
from headgate.inference.finishing import finish
from headgate.inference.results import read_result
from headgate.inference.scoring_parts import score_part
from headgate.scoring.answers import Answer
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from tests.builders import NOON, a_champion
from tests.headgate.inference.arranging import (
    ROWS,
    a_plan,
    complete,
    score_all,
    write_csv,
)

CELLS = [f"{row['x']},{row['y']}" for row in ROWS]


def contents(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_row_gets_the_same_answer_as_online(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")

    complete(store, plan, scorer)

    alone = [scorer.score([row]).answers()[0] for row in ROWS]
    online = [answer for answer in alone if isinstance(answer, Answer)]
    rows = read_result(store, "r1").predictions
    assert [row.prediction for row in rows] == [answer.prediction for answer in online]
    for row, answer in zip(rows, online, strict=True):
        assert row.probabilities == pytest.approx(answer.probabilities)
        assert row.confidence == pytest.approx(answer.confidence)


def test_csv_parquet_and_inline_rows_give_the_same_answers(
    store: Store, scorer: Scorer, tmp_path: Path
) -> None:
    csv = write_csv(tmp_path / "a.csv", CELLS)
    table = pyarrow.Table.from_pylist(list(ROWS))
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")

    complete(store, a_plan(store, run_id="inline"), scorer)
    for run_id, uri in [("csv", csv), ("parquet", str(tmp_path / "a.parquet"))]:
        complete(store, a_plan(store, run_id=run_id, input_uri=uri), scorer)

    inline, from_csv, from_parquet = (
        read_result(store, run_id).predictions for run_id in ("inline", "csv", "parquet")
    )
    assert inline == from_csv == from_parquet


def test_a_part_holds_what_is_promised(store: Store, scorer: Scorer, tmp_path: Path) -> None:
    plan = a_plan(store, run_id="r1", output_uri=str(tmp_path / "out"))

    complete(store, plan, scorer)

    table = pyarrow.parquet.read_table(tmp_path / "out/run_id=r1/part-00000.parquet")
    first = table.to_pylist()[0]
    assert (first["row_id"], first["prediction"], first["version"]) == (0, "a", "v0001")
    assert (first["run_id"], first["scored_at"]) == ("r1", NOON)
    assert len(first["probabilities"]) == 2


def test_other_columns_of_a_file_are_passed_over(
    store: Store, scorer: Scorer, tmp_path: Path
) -> None:
    uri = write_csv(
        tmp_path / "a.csv",
        [f"id-{n},{cell},setosa" for n, cell in enumerate(CELLS)],
        "id,x,y,species",
    )

    assert complete(store, a_plan(store, run_id="r1", input_uri=uri), scorer).n_rows_out == 40


@pytest.mark.usefixtures("small_parts")
def test_poisoned_rows_are_rejected_with_reasons_and_the_counts_add_up(
    store: Store, scorer: Scorer, tmp_path: Path
) -> None:
    cells = list(CELLS)
    cells[3], cells[20], cells[39] = "abc,1", "1,", "1,99"
    uri = write_csv(tmp_path / "a.csv", cells)

    result = complete(store, a_plan(store, run_id="r1", input_uri=uri), scorer)

    assert (result.n_rows_in, result.n_rows_out, result.n_rows_rejected) == (40, 37, 3)
    body = read_result(store, "r1")
    assert [row.row_id for row in body.rejected] == [3, 20, 39]
    assert body.rejected[0].reasons[0].startswith("x: must be a number")
    assert {row.row_id for row in body.predictions} == set(range(40)) - {3, 20, 39}
    assert len(body.rejected_parts) == 3


def test_flagged_rows_keep_their_flags(store: Store, scorer: Scorer) -> None:
    rows = ({"x": 99, "y": 1}, {"x": 1, "y": 1})

    complete(store, a_plan(store, run_id="r1", instances=rows), scorer)

    flagged, plain = read_result(store, "r1").predictions
    assert [flag.partition(":")[0] for flag in flagged.flags] == ["x"]
    assert plain.flags == ()


def test_unknown_keys_of_inline_rows_are_reasons(store: Store, scorer: Scorer) -> None:
    rows = ({"x": 1, "y": 1, "z": 1}, {"x": 1, "y": 1})

    complete(store, a_plan(store, run_id="r1", instances=rows), scorer)

    (rejected,) = read_result(store, "r1").rejected
    assert (rejected.row_id, rejected.reasons[0][:2]) == (0, "z:")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "lost",
    [
        ["part-00002.json"],
        ["part-00002.json", "part-00002.parquet"],
        ["part-00001.json", "part-00001.parquet", "part-00001.rejected.parquet"],
        ["part-00001.json", "part-00001.rejected.parquet", "part-00002.json"],
        ["_SUCCESS"],
    ],
)
def test_a_run_killed_anywhere_ends_byte_for_byte_like_an_undisturbed_one(
    store: Store, scorer: Scorer, tmp_path: Path, lost: list[str]
) -> None:
    cells = [*CELLS[:20], "abc,1", *CELLS[21:]]
    uri = write_csv(tmp_path / "a.csv", cells)
    plan = a_plan(store, run_id="r1", input_uri=uri, output_uri=str(tmp_path / "out"))
    folder = tmp_path / "out/run_id=r1"
    score_all(store, plan, scorer)
    undisturbed = finish(store, plan)
    before = contents(folder)
    for name in lost:
        (folder / name).unlink()
    store.delete("runs/r1/result.json")

    score_all(store, plan, scorer)

    assert finish(store, plan) == undisturbed
    assert contents(folder) == before


@pytest.mark.usefixtures("small_parts")
def test_runners_of_one_plan_at_once_make_every_part_once(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: score_all(store, plan, scorer), range(4)))

    assert all(parts == made[0] for parts in made)
    assert finish(store, plan).n_rows_out == 40
    keys = [info.key for info in store.list("runs/r1/parts/")]
    assert len(keys) == 2 * len(plan.parts)


def test_a_complete_part_is_returned_without_reading_its_input(
    store: Store, scorer: Scorer, tmp_path: Path
) -> None:
    uri = write_csv(tmp_path / "a.csv", CELLS)
    plan = a_plan(store, run_id="r1", input_uri=uri)
    first = score_all(store, plan, scorer)
    (tmp_path / "a.csv").unlink()

    assert score_all(store, plan, scorer) == first


def test_another_machines_part_is_kept_as_it_is(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    score_all(store, plan, scorer)
    store.delete("runs/r1/parts/part-00000.json")
    table = pyarrow.parquet.read_table(store.uri("runs/r1/parts/part-00000.parquet"))
    pyarrow.parquet.write_table(table, store.uri("runs/r1/parts/part-00000.parquet"))
    theirs = store.get("runs/r1/parts/part-00000.parquet")

    (manifest,) = score_all(store, plan, scorer)

    assert store.get("runs/r1/parts/part-00000.parquet") == theirs
    assert manifest.file.size == len(theirs)


def test_a_stored_part_with_other_rows_is_refused(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    score_all(store, plan, scorer)
    store.delete("runs/r1/parts/part-00000.json")
    path = store.uri("runs/r1/parts/part-00000.parquet")
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).slice(1), path)

    with pytest.raises(IntegrityError, match="40 rows, but 39 answers"):
        score_all(store, plan, scorer)


def test_a_scorer_of_another_version_is_refused(store: Store, scorer: Scorer) -> None:
    a_champion(store)
    plan = a_plan(store, run_id="r1")

    with pytest.raises(HeadgateError, match="planned with iris@v0002"):
        score_part(store, plan, plan.parts[0], scorer)


def test_a_part_over_64_mib_is_refused_and_not_stored(
    store: Store, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = a_plan(store, run_id="r1")
    too_large = bytes(64 * 1024 * 1024 + 1)
    monkeypatch.setattr(scoring_parts, "encode_answers", lambda *_: too_large)

    with pytest.raises(HeadgateError, match="67108865 bytes; a part is at most 67108864"):
        score_all(store, plan, scorer)

    assert list(store.list("runs/r1/parts/")) == []


def test_a_cancelled_run_gets_no_result(store: Store, scorer: Scorer, tmp_path: Path) -> None:
    plan = a_plan(store, run_id="r1", output_uri=str(tmp_path / "out"))
    score_all(store, plan, scorer)
    cancel(store, None, "r1", by="alice", reason="wrong file")

    with pytest.raises(CancelledRunError, match="wrong file"):
        finish(store, plan)

    assert "_SUCCESS" not in contents(tmp_path / "out/run_id=r1")
    assert store.head("runs/r1/result.json") is None
