"""Answers as JSON bytes, by orjson where it is installed."""

import json
from collections.abc import Callable


def _by_json(answer: object) -> bytes:
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _fastest() -> Callable[[object], bytes]:
    try:
        import orjson
    except ImportError:
        return _by_json

    def by_orjson(answer: object) -> bytes:
        try:
            return orjson.dumps(answer)
        except TypeError:
            # It takes no integer of more than 64 bits, which a class may be.
            return _by_json(answer)

    return by_orjson


encode = _fastest()
