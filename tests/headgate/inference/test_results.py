import json
from pathlib import Path

import pytest

from headgate.errors import HeadgateError, IntegrityError
from headgate.inference.finishing import NothingAcceptedError, finish
from headgate.inference.results import NoResultError, ResultGoneError, read_result
from headgate.inference.scoring_parts import score_part
from headgate.runs import records as runs
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from tests.headgate.inference.arranging import (
    ROWS,
    a_plan,
    complete,
    end,
    score_all,
    write_csv,
)

CELLS = [f"{row['x']},{row['y']}" for row in ROWS]


@pytest.mark.usefixtures("small_parts")
def test_a_run_does_not_end_before_its_parts(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    score_part(store, plan, plan.parts[0], scorer)

    with pytest.raises(HeadgateError, match=r"2 of 3 parts are not complete \(1, 2\)"):
        finish(store, plan)


def test_a_run_does_not_end_without_a_parts_file(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    score_all(store, plan, scorer)
    store.delete("runs/r1/parts/part-00000.parquet")

    with pytest.raises(IntegrityError, match=r"part-00000\.parquet"):
        finish(store, plan)


def test_a_run_does_not_end_when_counts_do_not_add_up(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    (part,) = score_all(store, plan, scorer)
    wrong = part.model_copy(update={"n_rows_out": 39})
    store.put("runs/r1/parts/part-00000.json", wrong.to_bytes())

    with pytest.raises(IntegrityError, match="planned for 40 rows"):
        finish(store, plan)


def test_ending_again_is_the_same_result(store: Store, scorer: Scorer, tmp_path: Path) -> None:
    plan = a_plan(store, run_id="r1", output_uri=str(tmp_path / "out"))
    score_all(store, plan, scorer)

    first, second = finish(store, plan), finish(store, plan)

    assert first == second
    assert first.output_uri == str(tmp_path / "out/run_id=r1")
    success = json.loads((tmp_path / "out/run_id=r1/_SUCCESS").read_text())
    assert success["n_rows_in"] == 40


def test_large_results_are_named_and_not_inlined(store: Store, scorer: Scorer) -> None:
    complete(store, a_plan(store, run_id="r1"), scorer)

    body = read_result(store, "r1", max_rows=39)

    assert not body.inlined
    assert (body.predictions, body.rejected) == ((), ())
    assert [Path(uri).name for uri in body.parts] == ["part-00000.parquet"]
    assert read_result(store, "r1", max_rows=40).inlined


def test_a_run_that_has_not_completed_has_no_result(store: Store, scorer: Scorer) -> None:
    plan = a_plan(store, run_id="r1")
    runs.open_attempt(store, "r1", "batch-infer")
    score_all(store, plan, scorer)
    finish(store, plan)

    with pytest.raises(NoResultError, match="has not ended"):
        read_result(store, "r1")
    end(store, "r1", "failed")
    with pytest.raises(NoResultError, match="it is failed"):
        read_result(store, "r1")


def test_a_result_whose_rows_were_removed_is_gone(store: Store, scorer: Scorer) -> None:
    complete(store, a_plan(store, run_id="r1"), scorer)
    store.delete("runs/r1/parts/part-00000.parquet")

    with pytest.raises(ResultGoneError, match="retention"):
        read_result(store, "r1")


def test_altered_rows_are_never_answered(store: Store, scorer: Scorer) -> None:
    complete(store, a_plan(store, run_id="r1"), scorer)
    store.put("runs/r1/parts/part-00000.parquet", b"altered")

    with pytest.raises(IntegrityError, match="part-00000"):
        read_result(store, "r1")


def test_a_run_of_which_every_row_is_rejected_fails_with_the_reason(
    store: Store, scorer: Scorer, tmp_path: Path
) -> None:
    uri = write_csv(tmp_path / "a.csv", ["abc,1"] * 5)
    plan = a_plan(store, run_id="r1", input_uri=uri)
    score_all(store, plan, scorer)

    with pytest.raises(
        NothingAcceptedError, match=r"All 5 rows were rejected.*x: must be a number"
    ):
        finish(store, plan)

    assert store.find("runs/r1/result.json") is None
