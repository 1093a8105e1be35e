import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.data.splitting import assign_holdout
from headgate.documents.rules import Split
from headgate.errors import UsageError

DAY = 86_400.0
Columns = dict[str, list[object]]

cells = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
rows = st.lists(st.tuples(cells, cells), min_size=1, max_size=20)


def columns(table: list[tuple[object, object]]) -> Columns:
    return {"a": [a for a, _ in table], "b": [b for _, b in table]}


def holdout(values: Columns, split: Split) -> list[bool]:
    return list(assign_holdout(values, len(values["a"]), split).holdout)


SPLITS = [Split(fraction=0.5), Split(fraction=0.5, key=("a",)), Split(fraction=0.5, group="b")]


@pytest.mark.parametrize("split", SPLITS)
@given(earlier=rows, later=rows, seed=st.integers(0, 99))
def test_rows_added_anywhere_never_change_an_earlier_rows_side(
    split: Split,
    earlier: list[tuple[object, object]],
    later: list[tuple[object, object]],
    seed: int,
) -> None:
    order = list(range(len(earlier) + len(later)))
    random.Random(seed).shuffle(order)
    joined = [(earlier + later)[i] for i in order]

    before = holdout(columns(earlier), split)
    after = holdout(columns(joined), split)

    assert [after[order.index(i)] for i in range(len(earlier))] == before


def test_every_row_is_on_exactly_one_side_and_the_fraction_is_kept() -> None:
    values: Columns = {"a": list(range(20_000))}

    sides = assign_holdout(values, 20_000, Split(fraction=0.2))

    assert (sides.train ^ sides.holdout).all()
    assert 0.19 < sides.holdout.mean() < 0.21


def test_a_larger_fraction_keeps_the_smaller_holdout() -> None:
    values: Columns = {"a": list(range(1000))}

    small = assign_holdout(values, 1000, Split(fraction=0.1)).holdout
    large = assign_holdout(values, 1000, Split(fraction=0.3)).holdout

    assert large[small].all()


def test_a_key_decides_whatever_else_changes() -> None:
    before: Columns = {"a": list(range(100)), "b": [0] * 100}
    after: Columns = {"a": [str(i) for i in range(100)], "b": [1] * 100}

    key, content = Split(fraction=0.5, key=("a",)), Split(fraction=0.5)

    assert holdout(before, key) == holdout(after, key)
    assert holdout(before, content) != holdout(after, content)


def test_a_groups_rows_stay_together() -> None:
    values: Columns = {"a": list(range(1000)), "b": [i % 50 for i in range(1000)]}

    found = np.array(holdout(values, Split(fraction=0.5, group="b", key=("a",))))

    sides = {found[i::50].tolist().count(True) for i in range(50)}
    assert sides == {0, 20}


def test_the_latest_rows_are_the_holdout_and_the_gap_is_on_neither_side() -> None:
    days: list[object] = [f"2026-01-{day:02}" for day in (10, 1, 9, 8, 7, 6, 2)]
    split = Split(time="a", horizon_seconds=2 * DAY, gap_seconds=1 * DAY)

    sides = assign_holdout({"a": days}, 7, split)

    assert sides.holdout.tolist() == [True, False, True, False, False, False, False]
    assert sides.train.tolist() == [False, True, False, False, True, True, True]


def test_without_a_horizon_the_fraction_is_one_of_time() -> None:
    days: list[object] = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 12)]

    sides = assign_holdout({"a": days}, 11, Split(time="a", fraction=0.2))

    assert sides.holdout.tolist() == [False] * 9 + [True] * 2
    assert (sides.train ^ sides.holdout).all()


def test_times_are_compared_in_utc() -> None:
    times: list[object] = ["2026-01-01T23:00:00-02:00", "2026-01-02T00:30:00", "2026-01-01"]

    sides = assign_holdout({"a": times}, 3, Split(time="a", horizon_seconds=60))

    assert sides.holdout.tolist() == [True, False, False]


@pytest.mark.parametrize("bad", [None, "", "yesterday", 1_700_000_000, "31.01.2026"])
def test_a_time_that_cannot_be_read_is_refused_with_its_row(bad: object) -> None:
    with pytest.raises(UsageError, match=r"'a' cannot be read in 1 of 2 rows \(rows 1\)"):
        assign_holdout({"a": ["2026-01-01", bad]}, 2, Split(time="a"))


def test_with_a_frozen_holdout_all_rows_train() -> None:
    sides = assign_holdout({"a": [1, 2]}, 2, Split(holdout_uri="s3://bucket/holdout.parquet"))

    assert sides.train.all()
    assert not sides.holdout.any()


def test_a_column_the_data_lacks_is_refused_with_the_nearest() -> None:
    split = Split(key=("customer_id",), group="b", time="when")

    with pytest.raises(UsageError, match=r"'customer_id'; did you mean 'custmer_id'\?, 'when'"):
        assign_holdout({"custmer_id": [1], "b": [1]}, 1, split)


def test_fifty_thousand_rows_are_split_in_seconds() -> None:
    draw = random.Random(0)
    values: Columns = {f"c{i}": [draw.random() for _ in range(50_000)] for i in range(15)}

    started = time.process_time()
    assign_holdout(values, 50_000, Split())

    assert time.process_time() - started < 1.5
