"""What kind of bytes a request declares its body to be, and which answer it would rather have."""

from dataclasses import dataclass

from starlette.requests import Request

from serve.errors import MediaTypeError

JSON = "application/json"
CSV = "text/csv"
TEXT = "text/plain"
PNG = "image/png"
OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class MediaType:
    """The declared kind, in lower case and without parameters; empty where none is declared."""

    kind: str
    parameters: tuple[str, ...]
    declared: str

    @property
    def shown(self) -> str:
        return f"Content-Type {self.declared[:80]!r}" if self.declared else "no Content-Type"


def media_type(request: Request) -> MediaType:
    """Return what the request says its body is.

    >>> from starlette.datastructures import Headers
    >>> scope = {"type": "http", "headers": Headers({"content-type": "Text/CSV; a=1"}).raw}
    >>> media_type(Request(scope)).kind, media_type(Request(scope)).parameters
    ('text/csv', ('a=1',))
    """
    declared = request.headers.get("content-type", "")
    kind, _, rest = declared.partition(";")
    parts = (part.replace('"', "").strip().lower() for part in rest.split(";"))
    return MediaType(kind.strip().lower(), tuple(part for part in parts if part), declared)


def check_media_type(request: Request, *taken: str) -> str:
    """Return the body's kind, which must be one of those taken; ``""`` takes an undeclared one.

    Raises:
        MediaTypeError: if it is another, has parameters nobody knows, or is not UTF-8.
    """
    found = media_type(request)
    named = " or ".join(f"'Content-Type: {kind}'" for kind in taken if kind)
    if found.kind not in taken:
        raise MediaTypeError(f"The request has {found.shown}. Send {named}.")
    charsets = {part.partition("=")[2] for part in found.parameters if part.startswith("charset=")}
    known = ("charset=", "header=") if found.kind == CSV else ("charset=",)
    others = [part for part in found.parameters if not part.startswith(known)]
    if others:
        raise MediaTypeError(
            f"{found.shown} has the parameter {others[0][:40]!r}, which this server does not "
            f"know. Send {named}."
        )
    if not charsets <= {"utf-8", "utf8"}:
        raise MediaTypeError(f"{found.shown} is not UTF-8. Send UTF-8.")
    return found.kind


def prefers_csv(accept: str) -> bool:
    """Say whether an ``Accept`` header ranks ``text/csv`` above JSON; of equals the first counts.

    >>> prefers_csv("text/csv"), prefers_csv("application/json, text/csv"), prefers_csv("*/*")
    (True, False, False)
    >>> prefers_csv("application/json;q=0.5, text/csv;q=0.9"), prefers_csv("text/csv;q=0")
    (True, False)
    """
    best, chosen = 0.0, ""
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = _quality(parameters)
        if kind in {CSV, JSON, "*/*", "application/*"} and quality > best:
            best, chosen = quality, kind
    return chosen == CSV


def _quality(parameters: list[str]) -> float:
    given = [part.partition("=")[2] for part in parameters if part.startswith("q=")]
    try:
        return float(given[0]) if given else 1.0
    except ValueError:
        return 0.0
