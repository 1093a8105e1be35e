"""What holds for every contract and every input."""

import json

from hypothesis import given
from hypothesis import strategies as st

from headgate.contract import Contract, TextColumn
from tests.headgate.contract.strategies import JSON_LIKE, ROWS, contracts, patient, rows_of


@patient
@given(contracts())
def test_every_contract_accepts_its_own_example(contract: Contract) -> None:
    cleaned = contract.clean([contract.example()])

    assert cleaned.errors == {}
    assert cleaned.accepted == [0]


@patient
@given(contracts(), st.lists(JSON_LIKE | ROWS), st.booleans())
def test_no_input_makes_cleaning_raise_and_every_row_is_accepted_or_refused(
    contract: Contract, rows: list[object], textual: bool
) -> None:
    cleaned = contract.clean(rows, textual=textual)

    assert sorted([*cleaned.accepted, *cleaned.errors]) == list(range(len(rows)))
    assert all(cleaned.errors.values())
    assert all(len(values) == len(cleaned.accepted) for values in cleaned.values.values())
    sentences = [[e.field, e.problem] for errors in cleaned.errors.values() for e in errors]
    json.dumps([sentences, cleaned.values], ensure_ascii=False, allow_nan=False).encode()


@patient
@given(contracts(), st.data(), st.booleans())
def test_a_row_has_the_same_outcome_alone_and_among_others(
    contract: Contract, data: st.DataObject, textual: bool
) -> None:
    rows = data.draw(st.lists(rows_of(contract) | ROWS, max_size=6))

    together = contract.clean(rows, textual=textual)

    for position, row in enumerate(rows):
        alone = contract.clean([row], textual=textual)
        assert alone.errors.get(0) == together.errors.get(position)
        assert alone.flags.get(0) == together.flags.get(position)
        if alone.accepted:
            at = together.accepted.index(position)
            assert {k: v[0] for k, v in alone.values.items()} == {
                k: v[at] for k, v in together.values.items()
            }


@patient
@given(contracts(), st.data())
def test_rows_and_whole_columns_have_the_same_outcome(
    contract: Contract, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(rows_of(contract), max_size=6))

    by_row = contract.clean(rows)
    by_column = contract.clean_columns(
        {name: [row.get(name) for row in rows] for name in contract.names}, len(rows)
    )

    assert by_row == by_column


@patient
@given(contracts(), st.data())
def test_cleaned_values_are_already_clean(contract: Contract, data: st.DataObject) -> None:
    once = contract.clean(data.draw(st.lists(rows_of(contract), max_size=6)))

    twice = contract.clean_columns(once.values, len(once.accepted))

    assert twice.values == once.values
    assert twice.errors == {}


@patient
@given(contracts(), st.data())
def test_an_accepted_row_written_as_text_is_read_back_the_same(
    contract: Contract, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(rows_of(contract), max_size=6))
    # Unknown categories and blanks at their ends are not what a CSV cell keeps.
    typed = contract.clean(rows)
    known = [at for at, position in enumerate(typed.accepted) if position not in typed.flags]
    values = {name: [column[at] for at in known] for name, column in typed.values.items()}
    cells = {name: [_cell(value) for value in column] for name, column in values.items()}

    textual = contract.clean_columns(cells, len(known), textual=True)

    assert textual.errors == {}
    assert textual.values == {
        column.name: [_as_cell_says(column, value) for value in values[column.name]]
        for column in contract.columns
    }


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _as_cell_says(column: object, value: object) -> object:
    """Return the value as a cell can tell it: empty and missing look the same."""
    if isinstance(column, TextColumn):
        return (value or None) if column.nullable else value
    categories = getattr(column, "categories", ())
    return "" if value is None and "" in categories else value


@patient
@given(contracts(), contracts(), st.data())
def test_without_breaks_the_new_contract_accepts_what_the_old_one_did(
    old: Contract, new: Contract, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(rows_of(old), min_size=1, max_size=6))
    accepted = [rows[position] for position in old.clean(rows).accepted]

    if not new.breaks(old):
        assert new.clean(accepted).errors == {}


@patient
@given(contracts(), st.data())
def test_a_slightly_changed_contract_without_breaks_accepts_what_the_old_one_did(
    old: Contract, data: st.DataObject
) -> None:
    changes: list[dict[str, object]] = [
        {"nullable": True},
        {"nullable": False},
        {"policy": "flag"},
        {"policy": "reject"},
        {"minimum": None},
        {"max_length": 500},
    ]
    columns = []
    for column in old.columns:
        change = data.draw(st.sampled_from(changes))
        fits = change.keys() <= type(column).model_fields.keys()
        columns.append(column.model_copy(update=change) if fits else column)
    new = Contract(columns=tuple(columns))
    rows = data.draw(st.lists(rows_of(old), min_size=1, max_size=6))

    if not new.breaks(old):
        assert new.clean([rows[at] for at in old.clean(rows).accepted]).errors == {}


@patient
@given(contracts())
def test_a_contract_is_read_back_from_its_bytes(contract: Contract) -> None:
    again = Contract.from_bytes(contract.to_bytes(), "contract.json")

    assert again == contract
    assert again.sha256() == contract.sha256()
    assert again.differences(contract) == ()
    assert again.breaks(contract) == ()
