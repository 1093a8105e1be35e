"""What may be a key, and how much may stand at it."""

from headgate.errors import UsageError

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255
MAX_OBJECT_BYTES = 1024**3
TEMPORARY_PREFIX = ".tmp-"


def validate_key(key: str) -> str:
    """Return the key, if every store can hold it.

    Raises:
        UsageError: if the key is not relative, `/`-separated and plain.

    >>> validate_key("models/iris/versions/v0001.json")
    'models/iris/versions/v0001.json'
    >>> validate_key("../secrets")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    headgate.errors.UsageError: '../secrets' cannot be a key: a segment is '..'. Use names ...
    """
    problem = _problem(key)
    if problem:
        raise UsageError(
            f"{key!r} cannot be a key: {problem}. Use names separated by single slashes, "
            "such as 'models/iris/versions/v0001.json'."
        )
    return key


def validate_prefix(prefix: str) -> str:
    """Return the prefix, if it can begin a key; empty means everything.

    Raises:
        UsageError: if no key can begin so.
    """
    if prefix:
        validate_key(prefix.removesuffix("/"))
    return prefix


def folder_prefix(prefix: str) -> str:
    """Return the prefix with the slash that makes it a folder.

    >>> folder_prefix("models"), folder_prefix("models/"), folder_prefix("")
    ('models/', 'models/', '')
    """
    folder = validate_prefix(prefix).removesuffix("/")
    return f"{folder}/" if folder else ""


def validate_size(key: str, data: bytes) -> None:
    """Check that the data fit into one object.

    Raises:
        UsageError: if they are over `MAX_OBJECT_BYTES`.
    """
    if len(data) > MAX_OBJECT_BYTES:
        raise UsageError(
            f"Object {key!r} would be {len(data)} bytes, but one object is at most "
            f"{MAX_OBJECT_BYTES} (1 GiB), so that it is stored by one atomic request. "
            "Write it in parts."
        )


def _problem(key: str) -> str | None:
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if len(encoded) > MAX_KEY_BYTES:
        return f"it is over {MAX_KEY_BYTES} bytes"
    if "\\" in key or "\0" in key:
        return "it contains a backslash or a NUL"
    problems = (_segment_problem(segment) for segment in key.split("/"))
    return next((problem for problem in problems if problem), None)


def _segment_problem(segment: str) -> str | None:
    if not segment:
        return "a segment is empty"
    if segment in {".", ".."}:
        return f"a segment is {segment!r}"
    if segment.startswith(TEMPORARY_PREFIX):
        return f"names that begin with {TEMPORARY_PREFIX!r} are for temporary files"
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        return f"a segment is over {MAX_SEGMENT_BYTES} bytes"
    return None
