import math

import numpy as np
import pytest

from headgate.gate.statistics import bootstrap_interval, median_interval, p95, paired_interval


def test_the_paired_interval_is_around_the_mean_loss_saved() -> None:
    challenger = np.array([0.0, 0.0, 1.0, 0.0])
    champion = np.array([1.0, 0.0, 1.0, 1.0])

    interval = paired_interval(challenger, champion)

    assert interval is not None
    assert sum(interval) / 2 == pytest.approx(0.5)
    assert interval[1] - interval[0] == pytest.approx(2 * 1.644854 * math.sqrt(1 / 3) / 2, rel=1e-5)


def test_equal_losses_leave_an_interval_without_width() -> None:
    losses = np.array([0.0, 1.0, 1.0])

    assert paired_interval(losses, losses) == (0.0, 0.0)


@pytest.mark.parametrize("losses", [[], [1.0], [1.0, math.nan]])
def test_there_is_no_paired_interval_without_numbers(losses: list[float]) -> None:
    assert paired_interval(np.array(losses), np.zeros(len(losses))) is None


def test_the_paired_interval_covers_the_truth_nine_times_in_ten() -> None:
    generator = np.random.default_rng(3)
    covered = 0

    for _ in range(1000):
        interval = paired_interval(generator.normal(1, 1, 200), generator.normal(1.25, 1, 200))
        assert interval is not None
        covered += interval[0] <= 0.25 <= interval[1]

    assert 870 <= covered <= 930


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    saved = np.random.default_rng(4).normal(0.5, 1, 400)

    normal = paired_interval(np.zeros(400), saved)
    boot = bootstrap_interval(lambda rows: float(saved[rows].mean()), 400)

    assert normal is not None
    assert boot == pytest.approx(normal, abs=0.03)


def test_the_bootstrap_gives_the_same_answer_twice() -> None:
    saved = np.random.default_rng(5).normal(size=50)

    def gain(rows: np.ndarray) -> float:
        return float(saved[rows].mean())

    assert bootstrap_interval(gain, 50) == bootstrap_interval(gain, 50)


def test_the_bootstrap_leaves_out_resamples_without_a_number() -> None:
    some = iter([math.nan, 1.0, 2.0, 3.0] * 50)
    none = iter([math.nan, math.nan, math.nan, 1.0] * 50)

    assert bootstrap_interval(lambda _: next(some), 10) is not None
    assert bootstrap_interval(lambda _: next(none), 10) is None
    assert bootstrap_interval(lambda _: 1.0, 1) is None


def test_p95_is_interpolated() -> None:
    assert p95([0.0, 10.0]) == 9.5


def test_the_interval_of_a_median_covers_it_nine_times_in_ten_whatever_the_spread() -> None:
    generator = np.random.default_rng(6)
    covered = 0

    for _ in range(1000):
        interval = median_interval(list(generator.exponential(1, 8)))
        assert interval is not None
        covered += interval[0] <= math.log(2) <= interval[1]

    assert covered >= 900


@pytest.mark.parametrize("n", range(5))
def test_few_values_give_no_interval_of_the_median(n: int) -> None:
    assert median_interval([1.0] * n) is None
    assert median_interval([1.0] * 5) == (1.0, 1.0)
