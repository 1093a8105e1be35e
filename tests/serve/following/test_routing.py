"""A share of the callers, the same ones everywhere."""

import subprocess
import sys
from pathlib import Path

from serve.following.routing import falls_into, position

ROOT = Path(__file__).parents[3]
N_CALLERS = 20_000


def test_a_key_stands_at_the_same_place_in_every_process() -> None:
    code = "from serve.following.routing import position; print(position('iris', 'v0002', 'anna'))"

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert float(said.stdout) == position("iris", "v0002", "anna")


def test_the_share_of_the_keys_is_the_share_asked_for() -> None:
    taken = sum(falls_into(0.1, "iris", "v0002", f"user-{n}") for n in range(N_CALLERS))

    assert abs(taken / N_CALLERS - 0.1) < 0.01


def test_a_larger_share_keeps_the_callers_it_had() -> None:
    keys = [f"user-{n}" for n in range(2000)]
    few = {key for key in keys if falls_into(0.1, "iris", "v0002", key)}
    many = {key for key in keys if falls_into(0.3, "iris", "v0002", key)}

    assert few < many


def test_another_canary_takes_other_callers() -> None:
    keys = [f"user-{n}" for n in range(2000)]
    one = {key for key in keys if falls_into(0.1, "iris", "v0002", key)}
    other = {key for key in keys if falls_into(0.1, "iris", "v0003", key)}

    assert len(one & other) < len(one) / 2


def test_without_a_key_it_is_decided_each_time() -> None:
    for sticky in (None, ""):
        taken = sum(falls_into(0.1, "iris", "v0002", sticky) for _ in range(N_CALLERS))
        assert abs(taken / N_CALLERS - 0.1) < 0.02
