"""How an error names what it found: short, printable, never a whole row or image."""

import math
from collections.abc import Collection
from difflib import get_close_matches

MAX_SHOWN = 40
MAX_KEY = 100


class WrongValueError(Exception):
    """A value cannot be of its column's type; the text completes "<column> ..."."""


def found(value: object) -> str:
    """Describe a value in a few words.

    >>> found("abc"), found([1, 2]), found(True)
    ("the string 'abc'", 'a list', 'true')
    """
    if isinstance(value, str):
        return f"the string {short(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Python refuses to print integers of thousands of digits.
        return f"the number {value}" if value.bit_length() <= 80 else "a very large number"
    if isinstance(value, float):
        return _found_float(value)
    return _KINDS.get(type(value)) or f"a value of type {type(value).__name__[:MAX_SHOWN]}"


_KINDS: dict[type, str] = {type(None): "null", list: "a list", tuple: "a list", dict: "an object"}


def _found_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    return f"the number {value!r}"


def short(text: str) -> str:
    """Return the repr of a string, cut to 40 characters."""
    shown = repr(text[:MAX_SHOWN])
    if len(shown) <= MAX_SHOWN and len(text) <= MAX_SHOWN:
        return shown
    return shown[: MAX_SHOWN - 4].rstrip("'\"\\") + "..." + shown[0]


def printable_key(key: object) -> str:
    """Return a caller's key as it can be sent back: cut when very long, surrogates escaped."""
    text = key if isinstance(key, str) else found(key)
    text = text if len(text) <= MAX_KEY else text[: MAX_KEY - 3] + "..."
    return text.encode("utf-8", "backslashreplace").decode()


def did_you_mean(key: str, known: Collection[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name, or nothing.

    >>> did_you_mean("sepal_widht", ["sepal_width", "petal_width"])
    "; did you mean 'sepal_width'?"
    """
    if len(key) > MAX_KEY:
        return ""
    near = get_close_matches(key, list(known), n=1) or [
        name for name in known if name.casefold() == key.casefold()
    ]
    return f"; did you mean {short(near[0])}?" if near else ""
