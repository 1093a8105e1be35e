"""Pieces of HTML. Whatever is not made here is text, and is escaped."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

MISSING = "–"


def text(value: object) -> str:
    """Return a value as escaped text; a number at the precision a person reads."""
    return escape(shown(value))


def shown(value: object) -> str:
    """Return a value as a person reads it.

    >>> shown(0.123456789), shown(1234567), shown(None), shown(True)
    ('0.1235', '1,234,567', '–', 'yes')
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are set to the right."""
    listed = list(rows)
    first = listed[0] if listed else [""] * len(headers)
    head = "".join(
        f'<th class="{_kind(value)}">{text(header)}</th>'
        for header, value in zip(headers, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in listed)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values, a line each."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in pairs)
    return f"<dl>{rows}</dl>"


def section(title: str, *parts: str) -> str:
    """Return a titled section, or nothing where there is nothing in it."""
    content = "".join(parts)
    return f"<section><h2>{text(title)}</h2>{content}</section>" if content else ""


def paragraph(sentence: str) -> str:
    """Return a sentence of ours."""
    return f"<p>{text(sentence)}</p>"


def figure(png: bytes, caption: str) -> str:
    """Return a picture that is inside the page, not beside it."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    return (
        f'<figure><img src="{source}" alt="{escape(caption, quote=True)}">'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def figures(*pictures: str) -> str:
    """Return pictures side by side where there is room."""
    return f'<div class="figures">{"".join(pictures)}</div>' if any(pictures) else ""


def _cell(value: object) -> str:
    return f'<td class="{_kind(value)}">{text(value)}</td>'


def _kind(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "n" if is_number else "t"
