"""How many may be under way: fewer while everybody waits, and all again soon after."""

import pytest

from serve.load.concurrency import LEAST, Limit
from serve.load.shedding import LOOK_SECONDS


def after(limit: Limit, *quickest: float) -> int:
    """Return the limit after intervals whose quickest answers took so long."""
    for seconds in quickest:
        limit.note(seconds)
        limit.note(seconds + 5)
        limit.review()
    return limit.now


def test_a_slow_answer_among_quick_ones_changes_nothing() -> None:
    assert after(Limit(100), 0.01, 0.09, 0.01) == 100


def test_while_even_the_quickest_waits_fewer_and_fewer_are_let_in_but_some_always() -> None:
    limit = Limit(100)
    after(limit, 0.01)

    falling = [after(limit, 0.5) for _ in range(10)]

    assert falling[0] < 100
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == LEAST


def test_within_five_seconds_of_a_queue_that_is_gone_all_are_let_in() -> None:
    limit = Limit(128)
    after(limit, 0.01, *[0.5] * 20)

    assert after(limit, *[0.01] * int(5 / LOOK_SECONDS)) == 128


def test_where_nothing_is_answered_at_all_the_oldest_one_says_how_long_it_takes() -> None:
    stuck, idle = Limit(100), Limit(100)

    stuck.review(oldest_seconds=1.0)
    idle.review()

    assert (stuck.now, idle.now) == (70, 100)


def test_a_model_that_is_slow_for_a_lone_caller_may_be_as_slow_for_several() -> None:
    limit = Limit(100)

    assert after(limit, *[0.4] * 10, *[1.1] * 5) == 100
    assert after(limit, 1.5) < 100


def test_in_a_flood_those_let_in_wait_little_though_more_could_be() -> None:
    limit, full = Limit(100), Limit(100)
    for one in (limit, full):
        after(one, 0.001)

    for _ in range(10):
        limit.note(0.02)
        limit.review(n_asking=200)
        full.note(0.02)
        full.review(n_asking=199)
    flooded = limit.now

    assert (flooded, full.now) == (LEAST, 100)
    assert after(limit, *[0.02] * int(5 / LOOK_SECONDS)) == 100


@pytest.mark.parametrize("most", [1, 5])
def test_a_bound_below_the_least_stays_as_it_is(most: int) -> None:
    assert after(Limit(most), 0.01, 0.5, 0.5, 0.01) == most
