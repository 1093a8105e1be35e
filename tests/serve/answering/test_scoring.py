"""Rows of many callers are scored together, and each gets what it would get alone."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from headgate.documents.rules import Metrics, Rules
from headgate.scoring.answers import Answer, Outputs, RowError, ScoringError
from headgate.scoring.rows import RowScorer
from serve.answering.rows import Values
from serve.answering.scoring import MOST_TOGETHER, Scoring
from serve.errors import OverloadedError
from serve.following.shadow import Shadow
from serve.live import LiveModel
from tests.builders import a_manifest
from tests.serve.making import AREA_CONTRACT
from tests.serve.running import until

RULES = Rules(task="regression", target="price", metrics=Metrics(primary="r2"))
FAILS = -1.0


@dataclass(frozen=True)
class Doubling(RowScorer):
    """Answers twice the area, and remembers how often and in which threads it was asked."""

    slow: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[int, str]] = field(default_factory=list)

    @property
    def off_loop(self) -> bool:
        return self.slow

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        self.asked.append((n_rows, threading.current_thread().name))
        if self.slow:
            assert self.gate.wait(10)
        area = np.array(values["area"], dtype=np.float64)
        if (area == FAILS).any():
            raise ScoringError("It fails on this area.")
        return Outputs(values=2 * area)


def doubling(*, slow: bool = False) -> Doubling:
    scorer = Doubling("price", "v0001", AREA_CONTRACT, RULES, None, slow=slow)
    if not slow:
        scorer.gate.set()
    return scorer


def live_of(scorer: RowScorer, shadow: Shadow | None = None) -> LiveModel:
    manifest = a_manifest("price", "run").model_copy(update={"rules": RULES, "classes": None})
    return LiveModel(manifest, scorer, None, datetime.now(UTC), shadow=shadow)


def predictions(answers: Sequence[Answer | RowError]) -> list[object]:
    return [answer.prediction if isinstance(answer, Answer) else "refused" for answer in answers]


async def gathered(
    scoring: Scoring, live: LiveModel, rows: Sequence[Values]
) -> list[list[object] | BaseException]:
    """Return what each row gives when all are asked in one turn of the loop."""
    shares = await asyncio.gather(
        *(scoring.ask(live, [row]) for row in rows), return_exceptions=True
    )
    return [
        share if isinstance(share, BaseException) else predictions(share.answers)
        for share in shares
    ]


def test_callers_of_one_turn_are_one_question_to_the_model() -> None:
    scorer = doubling()

    given = asyncio.run(gathered(Scoring(), live_of(scorer), [(1.0,), (2.0,), (3.0,)]))

    assert given == [[2.0], [4.0], [6.0]]
    assert scorer.asked == [(3, threading.current_thread().name)]


def test_a_lone_caller_is_a_question_by_itself() -> None:
    scorer = doubling()

    async def one_by_one() -> None:
        scoring = Scoring()
        for _ in range(3):
            await scoring.ask(live_of(scorer), [(1.0,)])

    asyncio.run(one_by_one())

    assert [n_rows for n_rows, _ in scorer.asked] == [1, 1, 1]


def test_a_row_that_does_not_fit_refuses_nobody_else() -> None:
    given = asyncio.run(gathered(Scoring(), live_of(doubling()), [(1.0,), ("x",), (3.0,)]))

    assert given == [[2.0], ["refused"], [6.0]]


@pytest.mark.parametrize("slow", [False, True], ids=["inline", "in the thread"])
def test_a_row_the_model_fails_on_fails_for_its_caller_only(slow: bool) -> None:
    scorer = doubling(slow=slow)
    scorer.gate.set()
    rows: list[Values] = [(1.0,), (FAILS,), (3.0,), (4.0,), (FAILS,)]

    given = asyncio.run(gathered(Scoring(), live_of(scorer), rows))

    assert [isinstance(one, ScoringError) for one in given] == [False, True, False, False, True]
    assert [one for one in given if isinstance(one, list)] == [[2.0], [6.0], [8.0]]


def test_of_a_batch_that_isolates_only_the_failing_rows_are_refused() -> None:
    rows = [{"area": 1.0}, {"area": FAILS}, {"area": 3.0}]

    scored = asyncio.run(Scoring().rows(live_of(doubling()), rows, isolate=True))

    assert predictions(scored.answers()) == [2.0, "refused", 6.0]


def test_two_versions_are_never_one_question() -> None:
    first, second = doubling(), doubling()

    async def both() -> None:
        scoring = Scoring()
        await asyncio.gather(
            *(scoring.ask(live, [(1.0,)]) for live in (live_of(first), live_of(second)))
        )

    asyncio.run(both())

    assert [n for n, _ in first.asked] == [n for n, _ in second.asked] == [1]


def test_while_the_thread_is_busy_callers_gather_and_the_loop_goes_on() -> None:
    scorer = doubling(slow=True)

    async def asked() -> list[list[object] | BaseException]:
        scoring, live = Scoring(), live_of(scorer)
        first = asyncio.ensure_future(gathered(scoring, live, [(1.0,)]))
        while not scorer.asked:
            await asyncio.sleep(0.001)
        others = [asyncio.ensure_future(gathered(scoring, live, [(a,)])) for a in (2.0, 3.0)]
        await asyncio.sleep(0.01)
        assert scoring.n_waiting == 3
        scorer.gate.set()
        given = [one for part in await asyncio.gather(first, *others) for one in part]
        assert scoring.n_waiting == 0
        scoring.close()
        return given

    given = asyncio.run(asked())

    assert given == [[2.0], [4.0], [6.0]]
    assert [n_rows for n_rows, _ in scorer.asked] == [1, 2]
    assert {name.partition("_")[0] for _, name in scorer.asked} == {"scoring"}


def test_more_rows_than_may_wait_are_refused() -> None:
    async def asked() -> list[list[object] | BaseException]:
        return await gathered(Scoring(most_waiting=2), live_of(doubling()), [(1.0,), (2.0,)])

    async def one_more() -> None:
        scoring, live = Scoring(most_waiting=2), live_of(doubling())
        waiting = [scoring.ask(live, [(1.0,)]), scoring.ask(live, [(2.0,)])]
        with pytest.raises(OverloadedError, match="2 rows waiting"):
            scoring.ask(live, [(3.0,)])
        await asyncio.gather(*waiting)
        await scoring.ask(live, [(3.0,)])

    assert asyncio.run(asked()) == [[2.0], [4.0]]
    asyncio.run(one_more())


def test_a_question_has_a_bounded_number_of_rows() -> None:
    scorer = doubling()
    half = [(1.0,)] * (MOST_TOGETHER // 2 + 1)

    async def asked() -> None:
        scoring, live = Scoring(), live_of(scorer)
        await asyncio.gather(scoring.ask(live, half), scoring.ask(live, half))

    asyncio.run(asked())

    assert [n_rows for n_rows, _ in scorer.asked] == [len(half)] * 2


def test_many_rows_are_scored_off_the_loop() -> None:
    scorer = doubling()
    rows = [{"area": float(i)} for i in range(MOST_TOGETHER + 1)]

    scored = asyncio.run(Scoring().rows(live_of(scorer), rows))

    assert len(scored.accepted) == len(rows)
    assert scorer.asked[0][1].startswith("scoring")


def test_a_caller_that_went_away_spoils_nothing() -> None:
    scorer = doubling()

    async def asked() -> object:
        scoring, live = Scoring(), live_of(scorer)
        gone = asyncio.ensure_future(scoring.ask(live, [(1.0,)]))
        stays = scoring.ask(live, [(2.0,)])
        gone.cancel()
        share = await stays
        assert scoring.n_waiting == 0
        return predictions(share.answers)

    assert asyncio.run(asked()) == [4.0]


def test_columns_give_what_their_rows_give() -> None:
    areas = [1.0, "x", None]

    async def asked() -> tuple[list[object], list[object]]:
        scoring, live = Scoring(), live_of(doubling())
        rows = await scoring.rows(live, [{"area": area} for area in areas])
        columns = await scoring.columns(live, {"area": areas}, 3)
        assert rows.errors == columns.errors
        return predictions(rows.answers()), predictions(columns.answers())

    by_rows, by_columns = asyncio.run(asked())

    assert by_rows == by_columns == [2.0, "refused", "refused"]


@pytest.mark.parametrize("rows", [[{"area": 1, "more": 2}], [7], [{"area": 1}, None]], ids=str)
def test_rows_of_another_form_get_the_contracts_own_words(rows: list[object]) -> None:
    live = live_of(doubling())

    scored = asyncio.run(Scoring().rows(live, rows))

    assert scored.errors == live.scorer.score(rows).errors
    assert scored.errors


def test_the_shadow_sees_what_was_scored() -> None:
    live = live_of(doubling(), shadow := Shadow(doubling(), "v0001"))
    shadow.start()

    asyncio.run(gathered(Scoring(), live, [(1.0,), (2.0,)]))

    until(lambda: shadow.tally.n_scored > 0)
    shadow.stop()
    assert (shadow.tally.n_scored, shadow.tally.n_agreed) == (2, 2)
