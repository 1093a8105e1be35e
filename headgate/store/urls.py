"""URLs as they may be shown."""

import re

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(//)?")


def shown_url(url: str) -> str:
    """Return the URL without user name, password, query and fragment.

    A secret may contain slashes, so everything before the last `@` goes where there is a colon.

    >>> shown_url("s3://KEY:se/cret@bucket/prefix?X-Amz-Signature=abc")
    's3://bucket/prefix'
    >>> shown_url("s3://bucket/team@home"), shown_url("./runtime")
    ('s3://bucket/team@home', './runtime')
    """
    scheme = _SCHEME.match(url)
    if not scheme:
        return url
    rest = url[scheme.end() :].partition("?")[0].partition("#")[0]
    before, at_sign, after = rest.rpartition("@")
    holds_user = at_sign and (":" in before or "/" not in before)
    return f"{scheme[0]}{after if holds_user else rest}"
