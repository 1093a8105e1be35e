"""When a model is retrained: five cron fields and a time zone, checked plainly."""

import re
from zoneinfo import ZoneInfo

from pydantic import field_validator

from headgate.documents.base import Frozen

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of week", 0, 7, DAYS),
)
PART = re.compile(r"(\*|(?P<first>\w+)(-(?P<last>\w+))?)(/(?P<step>\d+))?", re.ASCII)


class Schedule(Frozen):
    """A cron line, read in ``timezone``."""

    cron: str
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _cron_is_sound(cls, cron: str) -> str:
        fields = cron.split()
        if len(fields) != len(FIELDS):
            raise ValueError(
                f"cron {cron!r} has {len(fields)} fields, not 5 "
                "(minute, hour, day of month, month, day of week)"
            )
        wrong = [
            f"{name} {text!r}"
            for text, (name, low, high, names) in zip(fields, FIELDS, strict=True)
            if not all(_is_part(part, low, high, names) for part in text.split(","))
        ]
        if wrong:
            raise ValueError(f"cron {cron!r} cannot be read: {', '.join(wrong)}")
        return cron

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f"time zone {timezone!r} is not known; write it as 'UTC' or 'Europe/Berlin'"
            ) from None
        return timezone


def _is_part(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    match = PART.fullmatch(part)
    if match is None or match["step"] == "0":
        return False
    if match["first"] is None:
        return True
    first = _value(match["first"], low, names)
    last = first if match["last"] is None else _value(match["last"], low, names)
    return first is not None and last is not None and low <= first <= last <= high


def _value(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text)
    return low + names.index(text.lower()) if text.lower() in names else None
