"""How often each key may ask: a bucket of tokens per key, in each server process."""

import time
from collections.abc import Callable


class Rates:
    """Lets ``per_second`` requests of a name through, and ``burst`` at once after a pause.

    >>> now = [0.0]
    >>> rates = Rates(2.0, burst=2, clock=lambda: now[0])
    >>> rates.take("ci"), rates.take("ci"), rates.take("ci")
    (0.0, 0.0, 0.5)
    >>> now[0] = 0.5
    >>> rates.take("ci")
    0.0
    """

    def __init__(
        self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        # As many names as there are keys: tokens left, and when that was.
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        now = self._clock()
        tokens, at = self._buckets.get(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self.per_second)
        if tokens < 1:
            self._buckets[name] = tokens, now
            return (1 - tokens) / self.per_second
        self._buckets[name] = tokens - 1, now
        return 0.0
