"""Contracts and rows of any kind, for property tests."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from tests.headgate.contract.pictures import sound_png

# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = ("a", "b", "c")
WORDS = ("", "x", "y", "NA", " blank ", "1", "long string")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
SMALL = st.integers(min_value=-5, max_value=5)


@st.composite
def number_columns(draw: st.DrawFn, name: str) -> Column:
    numbers = draw(st.lists(SMALL.map(float) | FINITE, min_size=3, max_size=3).map(sorted))
    return NumberColumn(
        name=name,
        minimum=draw(st.sampled_from([None, numbers[0]])),
        maximum=draw(st.sampled_from([None, numbers[2]])),
        nullable=draw(st.booleans()),
        policy=draw(st.sampled_from(["reject", "flag", "impute", "clip"])),
        impute=numbers[1],
    )


@st.composite
def integer_columns(draw: st.DrawFn, name: str) -> Column:
    numbers = draw(st.lists(SMALL | INT64, min_size=3, max_size=3).map(sorted))
    return IntegerColumn(
        name=name,
        minimum=draw(st.sampled_from([None, numbers[0]])),
        maximum=draw(st.sampled_from([None, numbers[2]])),
        nullable=draw(st.booleans()),
        policy=draw(st.sampled_from(["reject", "flag", "impute", "clip"])),
        impute=numbers[1],
    )


@st.composite
def category_columns(draw: st.DrawFn, name: str) -> Column:
    categories = draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
    return CategoryColumn(
        name=name,
        categories=tuple(categories),
        nullable=draw(st.booleans()),
        policy=draw(st.sampled_from(["reject", "flag", "impute"])),
        impute=categories[-1],
    )


@st.composite
def other_columns(draw: st.DrawFn, name: str) -> Column:
    nullable = draw(st.booleans())
    policy = draw(st.sampled_from(["reject", "flag", "impute"]))
    columns: list[Column] = [
        BooleanColumn(name=name, nullable=nullable, policy=policy, impute=draw(st.booleans())),
        TextColumn(name=name, nullable=nullable, max_length=draw(st.integers(1, 12))),
        ImageColumn(name=name, nullable=nullable, max_bytes=draw(st.sampled_from([80, 2000]))),
    ]
    return draw(st.sampled_from(columns))


def columns(name: str) -> st.SearchStrategy[Column]:
    return st.one_of(
        number_columns(name), integer_columns(name), category_columns(name), other_columns(name)
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    return Contract(columns=tuple(draw(columns(name)) for name in names))


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    SMALL,
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.just(sound_png()),
)
JSON_LIKE = st.recursive(
    CELLS | st.integers(min_value=10**300, max_value=10**400) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), CELLS, max_size=5)


@st.composite
def rows_of(draw: st.DrawFn, contract: Contract) -> dict[str, object]:
    """Draw a row that often fits: the example with some keys changed, dropped or added."""
    row: dict[str, object] = dict(contract.example())
    row.update(draw(st.dictionaries(st.sampled_from(contract.names), CELLS)))
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=1)):
        row.pop(name, None)
    return row
