"""What training saw, and the model that ignores its input."""

from typing import Any

import numpy as np
import pytest

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.training.reference import (
    CategoryProfile,
    ImageProfile,
    NumberProfile,
    Reference,
    TextProfile,
    build_reference,
    number_profile,
    profile_of,
    trivial_model,
)


def test_numbers_are_profiled_by_moments_quantiles_and_histogram() -> None:
    values = [*map(float, range(101)), None]

    profile = profile_of(NumberColumn(name="x", nullable=True), values)

    assert isinstance(profile, NumberProfile)
    assert (profile.n_rows, profile.n_missing, profile.mean) == (102, 1, 50.0)
    assert profile.quantiles == pytest.approx([5.0 * i for i in range(21)])
    assert sum(profile.counts) == 101
    assert len(profile.edges) == len(profile.counts) + 1


@pytest.mark.parametrize("number", [0.0, 5.0, 1e300, -1e-300])
def test_a_constant_column_has_one_bin_around_it(number: float) -> None:
    profile = number_profile(np.array([number] * 4))

    assert profile.counts == (4,)
    assert profile.edges[0] < number < profile.edges[1]


def test_a_column_of_nothing_but_gaps_has_a_profile_of_gaps() -> None:
    profile = profile_of(NumberColumn(name="x", nullable=True), [None, None])

    assert profile == NumberProfile(n_rows=2, n_missing=2)


def test_labels_are_counted_and_the_rare_ones_summed() -> None:
    values: list[Any] = [f"c{i:03d}" for i in range(150)] + ["c000"] * 3
    column = CategoryColumn(name="x", categories=tuple(sorted(set(values))))

    profile = profile_of(column, values)

    assert isinstance(profile, CategoryProfile)
    assert len(profile.frequencies) == 100
    assert profile.frequencies["c000"] == 4
    assert sum(profile.frequencies.values()) + profile.n_other == 153


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (
            BooleanColumn(name="x"),
            [True, False, True],
            CategoryProfile(n_rows=3, n_missing=0, frequencies={"true": 2, "false": 1}),
        ),
        (ImageColumn(name="x", nullable=True), ["iVBO", None], ImageProfile(n_rows=2, n_missing=1)),
    ],
)
def test_booleans_are_labels_and_images_only_counted(
    column: Any, values: list[Any], expected: Any
) -> None:
    assert profile_of(column, values) == expected


def test_text_is_profiled_by_its_length() -> None:
    profile = profile_of(TextColumn(name="x"), ["a", "bbb", "cc"])

    assert isinstance(profile, TextProfile)
    assert (profile.length_quantiles[0], profile.length_quantiles[-1]) == (1.0, 3.0)


def test_the_trivial_model_answers_the_majority_or_the_mean() -> None:
    assert trivial_model([True, True, False], (False, True)) == (True, (1 / 3, 2 / 3))
    assert trivial_model([1.0, 2.0, 6.0], None) == (3.0, None)


def test_a_reference_is_stored_and_read_back_the_same() -> None:
    contract = Contract(columns=(IntegerColumn(name="n"), TextColumn(name="t")))

    reference = build_reference(
        contract, {"n": [1, 2], "t": ["a", "b"]}, ["x", "y"], ["x"], ("x", "y")
    )

    assert Reference.from_bytes(reference.to_bytes(), "reference.json") == reference
    assert reference.columns["n"].kind == "number"
    assert reference.predictions.n_rows == 1
