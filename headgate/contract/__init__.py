"""The contract: which columns a version accepts and what happens to every value."""

from headgate.contract.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    Policy,
    TextColumn,
)
from headgate.contract.contract import Contract
from headgate.contract.table import Cleaned, TableCleaner

__all__ = [
    "BooleanColumn",
    "CategoryColumn",
    "Cleaned",
    "Column",
    "Contract",
    "ImageColumn",
    "IntegerColumn",
    "NumberColumn",
    "Policy",
    "TableCleaner",
    "TextColumn",
]
