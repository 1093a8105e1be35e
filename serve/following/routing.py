"""Which of two versions answers: a share of the callers, the same ones in every process."""

import hashlib
import random

STICKY_HEADER = "X-Routing-Key"
_STEPS = 2**64


def falls_into(share: float, model: str, version: str, sticky: str | None) -> bool:
    """Say whether a request goes to the version that has this share of a model's traffic.

    By ``sticky`` it is decided once and for all, whatever process is asked and however often it
    was started; a larger share keeps those it had. Without one it is decided at random.

    >>> falls_into(0.5, "iris", "v0002", "anna"), falls_into(0.5, "iris", "v0002", "boris")
    (True, False)
    """
    return position(model, version, sticky) < share


def position(model: str, version: str, sticky: str | None) -> float:
    """Return where in [0, 1) a caller stands for one canary."""
    if not sticky:
        return random.random()  # noqa: S311 - spreads traffic, guards nothing
    digest = hashlib.sha256(f"{model}\n{version}\n{sticky}".encode()).digest()
    return int.from_bytes(digest[:8]) / _STEPS
