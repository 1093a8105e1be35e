import base64
import io

import numpy as np
import pytest
from PIL import Image

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.proving.rows import N_ROWS, Rows, generate_rows, needed_rows

N_SEEN = 50
SPLIT = 0.1
CONTRACT = Contract(
    columns=(
        NumberColumn(name="size", minimum=0, maximum=4, nullable=True),
        IntegerColumn(name="rooms", minimum=1, maximum=6),
        CategoryColumn(name="city", categories=("Bern", "Rom"), policy="flag", nullable=True),
        CategoryColumn(name="kind", categories=("flat", "house")),
        BooleanColumn(name="new"),
        TextColumn(name="remark", max_length=500),
    )
)
SEEN: dict[str, list[object]] = {
    "size": [i / 20 for i in range(N_SEEN)],
    "rooms": [1 + i % 6 for i in range(N_SEEN)],
    "city": ["Bern", "Rom"] * 25,
    "kind": ["flat", "house"] * 25,
    "new": [True, False] * 25,
    "remark": ["a quiet street", "near the station"] * 25,
}
# The number between a threshold and what 32 bits make of it.
BETWEEN = (SPLIT + float(np.float32(SPLIT))) / 2


@pytest.fixture(scope="module")
def rows() -> Rows:
    return generate_rows(CONTRACT, SEEN, np.array([SPLIT, 2.5]), seed=1, n_rows=N_ROWS)


@pytest.fixture(scope="module")
def accepted(rows: Rows) -> dict[str, list[object]]:
    return CONTRACT.clean_columns(rows.values, rows.n_rows).values


def test_equal_seeds_give_equal_rows_and_others_give_others() -> None:
    def made(seed: int) -> Rows:
        return generate_rows(CONTRACT, SEEN, np.array([SPLIT]), seed, n_rows=1000)

    assert repr(made(1)) == repr(made(1))
    assert repr(made(1)) != repr(made(2))


def test_as_many_rows_are_made_as_a_proof_needs(rows: Rows) -> None:
    assert needed_rows(CONTRACT) == 20_000
    assert rows.n_rows >= 20_000
    assert {len(column) for column in rows.values.values()} == {rows.n_rows}


def test_every_category_comes_and_an_unseen_one_where_the_policy_lets_it_through(
    accepted: dict[str, list[object]],
) -> None:
    assert {"Bern", "Rom", "never seen before", "", None} <= {*accepted["city"]}
    assert {*accepted["kind"]} == {"flat", "house"}
    assert {*accepted["new"]} == {True, False}


def test_gaps_come_alone_and_together(rows: Rows) -> None:
    gaps = {
        (rows.values["size"][i] is None, rows.values["city"][i] is None)
        for i, kind in enumerate(rows.kinds)
        if kind == "missing"
    }

    assert {(True, False), (False, True), (True, True)} <= gaps


@pytest.mark.parametrize(
    "value",
    [
        *(0.0, 4.0, -4.0, 8.0, 5e-324, -1e-300, 1e16, 1.7e308),
        *(SPLIT, BETWEEN, float(np.float32(SPLIT))),
        *(float(np.nextafter(SPLIT, 0)), float(np.nextafter(SPLIT, 1))),
        *(float(np.nextafter(4.0, 0)), float(np.nextafter(4.0, 5))),
    ],
)
def test_numbers_at_the_ends_beside_thresholds_huge_and_tiny_come(
    accepted: dict[str, list[object]], value: float
) -> None:
    assert value in accepted["size"]


@pytest.mark.parametrize("value", [0, 1, 2, 3, 6, 7, 11, 2**53 + 1, -(2**63), 2**63 - 1])
def test_whole_numbers_stay_whole(accepted: dict[str, list[object]], value: int) -> None:
    assert value in accepted["rooms"]
    assert all(type(one) is int for one in accepted["rooms"])


@pytest.mark.parametrize("part", ["", "rock'n'roll", "İstanbul", "你好", "x" * 300, "😀"])
def test_texts_of_every_trouble_come(accepted: dict[str, list[object]], part: str) -> None:
    assert any(part in str(text) for text in accepted["remark"])


def test_texts_mix_words_that_were_seen(accepted: dict[str, list[object]]) -> None:
    texts = {str(text).lower() for text in accepted["remark"]}

    assert any("station" in text and "quiet" in text for text in texts)
    assert max(map(len, texts)) <= 500


def test_some_rows_come_twice(rows: Rows) -> None:
    first = {repr([column[i] for column in rows.values.values()]) for i in range(20_000)}

    assert rows.kinds.count("duplicate") == 200
    last = [repr([column[-1] for column in rows.values.values()])]
    assert first.issuperset(last)


def test_what_the_contract_refuses_is_still_enough_for_the_next_round() -> None:
    strict = Contract(columns=(NumberColumn(name="size", minimum=0, maximum=4, policy="reject"),))

    made = generate_rows(strict, {"size": SEEN["size"]}, np.array([SPLIT]), 1, n_rows=2000)

    kept = len(strict.clean_columns(made.values, made.n_rows).accepted)
    assert 1000 < kept < made.n_rows


def test_pictures_come_in_several_sizes_and_modes_and_fewer_rows_are_needed() -> None:
    contract = Contract(columns=(ImageColumn(name="photo"),))
    seen = {"photo": [str(contract.example()["photo"])]}

    made = generate_rows(contract, seen, np.empty(0), 1, n_rows=needed_rows(contract))

    kept = contract.clean_columns(made.values, made.n_rows).values["photo"]
    opened = [Image.open(io.BytesIO(base64.b64decode(str(one)))) for one in {*kept}]
    assert needed_rows(contract) == 2000
    assert {image.size for image in opened} >= {(1, 1), (8, 8), (3, 17), (64, 48)}
    assert {image.mode for image in opened} >= {"L", "RGB", "RGBA", "P", "1"}
