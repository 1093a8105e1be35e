"""Python literals as ruff formats them."""

from collections.abc import Sequence

LINE = 100


def literal(text: str) -> str:
    """Return a string literal, in double quotes where it holds none.

    >>> print(literal("a"), literal('say "a"'), literal("it's"))
    "a" 'say "a"' "it's"
    """
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in text else shown


def comment(text: str) -> str:
    """Return text that cannot leave its line."""
    return "".join(char if char.isprintable() else "?" for char in text)


def fitting(line: str) -> str:
    """Return a line, marked where it is too long and cannot be broken.

    A line of one word needs no mark: the linter lets it pass.
    """
    return line if len(line) <= LINE or len(line.split()) == 1 else f"{line}  # noqa: E501"


def listing(head: str, names: Sequence[str]) -> list[str]:
    """Return a list of strings, on one line if it fits."""
    one_line = f"{head}[{', '.join(map(literal, names))}]"
    if len(one_line) <= LINE:
        return [one_line]
    return [f"{head}[", *(fitting(f"    {literal(name)},") for name in names), "]"]


def call(indent: str, name: str, arguments: Sequence[str], note: str = "") -> list[str]:
    """Return a call as an element of a list, with a comment behind it if that fits."""
    one_line = f"{indent}{name}({', '.join(arguments)}),"
    if len(one_line) > LINE:
        above = [f"{indent}# {comment(note)}"[:LINE]] if note else []
        inner = [fitting(f"{indent}    {argument},") for argument in arguments]
        return [*above, f"{indent}{name}(", *inner, f"{indent}),"]
    noted = f"{one_line}  # {comment(note)}"
    if not note:
        return [one_line]
    return [noted] if len(noted) <= LINE else [f"{indent}# {comment(note)}"[:LINE], one_line]
