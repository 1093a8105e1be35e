from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headgate.errors import ConflictError, NotFoundError, UsageError
from headgate.inference import planning
from headgate.inference.plans import open_output, planned_part, read_plan, version_to_use
from headgate.store import Store, open_store
from tests.builders import NOON, a_champion
from tests.headgate.inference.arranging import (
    ROWS,
    a_plan,
    ask,
    plan_of,
    write_csv,
)

CELLS = [f"{row['x']},{row['y']}" for row in ROWS]


def test_inline_rows_are_planned_with_the_champion_of_that_moment(store: Store) -> None:
    plan = a_plan(store, run_id="r1")

    assert (plan.model, plan.version, plan.n_rows, plan.planned_at) == ("iris", "v0001", 40, NOON)
    assert [(p.number, p.uri, p.start, p.stop) for p in plan.parts] == [(0, "inline", 0, 40)]


def test_the_first_plan_counts_though_the_champion_changes(store: Store) -> None:
    request = ask(store, run_id="r1").request
    first = plan_of(store, request)
    a_champion(store)

    assert plan_of(store, request) == first
    assert version_to_use(store, request).version == "v0001"
    assert a_plan(store, run_id="r2").version == "v0002"


def test_a_pinned_version_is_planned(store: Store) -> None:
    a_champion(store)

    assert a_plan(store, run_id="r1", version="v0001").version == "v0001"


def test_planners_at_once_make_one_plan(store: Store) -> None:
    request = ask(store, run_id="r1").request

    with ThreadPoolExecutor(4) as threads:
        plans = list(threads.map(lambda _: plan_of(store, request), range(8)))

    assert all(plan == read_plan(store, "r1") for plan in plans)


@pytest.mark.usefixtures("small_parts")
def test_files_are_planned_in_parts_of_one_file_each(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_csv(tmp_path / "in/a.csv", CELLS)
    write_csv(tmp_path / "in/b.csv", [])
    write_csv(tmp_path / "in/c.csv", CELLS[:1])

    plan = a_plan(store, input_uri=str(tmp_path / "in"))

    assert [(p.number, Path(p.uri).name, p.start, p.stop) for p in plan.parts] == [
        (0, "a.csv", 0, 15),
        (1, "a.csv", 15, 30),
        (2, "a.csv", 30, 40),
        (3, "c.csv", 0, 1),
    ]
    assert plan.n_rows == 41


def test_wide_rows_are_planned_in_smaller_parts(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "READ_BYTES", 1000)
    uri = write_csv(tmp_path / "a.csv", [f"{cell},{'z' * 240}" for cell in CELLS], "x,y,z")

    plan = a_plan(store, input_uri=uri)

    assert {part.stop - part.start for part in plan.parts} <= {1, 2, 3}
    assert plan.n_rows == 40


def test_an_input_without_rows_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no rows"):
        a_plan(store, input_uri=write_csv(tmp_path / "a.csv", []))


def test_an_input_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.csv"):
        a_plan(store, input_uri=str(tmp_path / "none.csv"))


def test_an_output_folder_belongs_to_the_first_plan(store: Store, tmp_path: Path) -> None:
    other = open_store(str(tmp_path / "other"))
    a_champion(other)
    body = {"run_id": "r1", "output_uri": str(tmp_path / "out")}
    plan = a_plan(store, **body)

    assert a_plan(store, **body) == plan
    with pytest.raises(ConflictError, match="another run"):
        a_plan(other, instances=ROWS[:1], **body)


def test_parts_are_found_by_number(store: Store) -> None:
    plan = a_plan(store, run_id="r1")

    assert planned_part(plan, 0) == plan.parts[0]
    with pytest.raises(NotFoundError, match="not 7"):
        planned_part(plan, 7)
    assert open_output(store, plan).uri == store.uri("runs/r1/parts")
