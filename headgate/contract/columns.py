"""The types a column can have. A declared column may leave open what training data can fill in."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, FiniteFloat

from headgate.documents.base import Frozen

Policy = Literal["reject", "flag", "impute", "clip"]
ValuePolicy = Literal["reject", "flag", "impute"]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MIB = 1024 * 1024

Int64 = Annotated[int, Field(ge=INT64_MIN, le=INT64_MAX)]
N = TypeVar("N", int, float)


class BaseColumn(Frozen):
    """What every column has. ``nullable`` accepts null and a missing key alike."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    nullable: bool = False

    @property
    def optional(self) -> bool:
        """Say whether a row without a value is accepted."""
        return self.nullable or getattr(self, "policy", None) == "impute"


def _check_range(name: str, minimum: N | None, maximum: N | None, impute: N | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValueError(f"column {name!r}: minimum {minimum} is above maximum {maximum}")
    if impute is None:
        return
    if (minimum is not None and impute < minimum) or (maximum is not None and impute > maximum):
        raise ValueError(f"column {name!r}: impute {impute} is outside its own range")


class NumberColumn(BaseColumn):
    """Finite numbers; the policy decides about those outside the range."""

    type: Literal["number"] = "number"
    minimum: FiniteFloat | None = None
    maximum: FiniteFloat | None = None
    policy: Policy = "flag"
    impute: FiniteFloat | None = None
    example: FiniteFloat | None = None

    def model_post_init(self, _context: object, /) -> None:
        _check_range(self.name, self.minimum, self.maximum, self.impute)


class IntegerColumn(BaseColumn):
    """Whole numbers of 64 bits; the policy decides about those outside the range."""

    type: Literal["integer"] = "integer"
    minimum: Int64 | None = None
    maximum: Int64 | None = None
    policy: Policy = "flag"
    impute: Int64 | None = None
    example: Int64 | None = None

    def model_post_init(self, _context: object, /) -> None:
        _check_range(self.name, self.minimum, self.maximum, self.impute)


class CategoryColumn(BaseColumn):
    """Strings of a known set; the policy decides about others. No categories = still open."""

    type: Literal["category"] = "category"
    categories: tuple[str, ...] = ()
    policy: ValuePolicy = "reject"
    impute: str | None = None
    example: str | None = None

    def model_post_init(self, _context: object, /) -> None:
        if len(set(self.categories)) != len(self.categories):
            raise ValueError(f"column {self.name!r}: a category is listed twice")
        if self.categories and self.impute is not None and self.impute not in self.categories:
            raise ValueError(f"column {self.name!r}: impute is not one of its categories")


class BooleanColumn(BaseColumn):
    """True or false; numbers are not booleans. The policy is about missing values only."""

    type: Literal["boolean"] = "boolean"
    policy: ValuePolicy = "reject"
    impute: bool | None = None
    example: bool | None = None


class TextColumn(BaseColumn):
    """Free text of at most ``max_length`` characters."""

    type: Literal["text"] = "text"
    max_length: int = Field(default=100_000, ge=1)
    example: str | None = None


class ImageColumn(BaseColumn):
    """A PNG in base64; ``max_bytes`` limits the decoded file."""

    type: Literal["image"] = "image"
    max_bytes: int = Field(default=2 * MIB, ge=1)
    example: str | None = None


Column = Annotated[
    NumberColumn | IntegerColumn | CategoryColumn | BooleanColumn | TextColumn | ImageColumn,
    Field(discriminator="type"),
]
