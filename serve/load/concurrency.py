"""How many requests may be under way at once: fewer while even the quickest of them waits long."""

TARGET_SECONDS = 0.1
TIMES_UNLOADED = 3
LEAST = 8
SHRINK = 0.7
GROW_STEPS = 16
FORGET = 1.0005

UNKNOWN = float("inf")


class Limit:
    """A bound that gives way to a standing queue and comes back when it is gone.

    A burst makes some wait; that the *quickest* of a whole interval took longer than the target
    means that everybody waits behind everybody. Then fewer are let in, interval by interval, and
    never fewer than ``LEAST``: where so few wait long, it is not each other they wait for.

    The target is 0.1 s, or three times what the quickest took when nobody waited, as it is with
    slow models. In a flood, when twice as many ask as may at most, it is those three times alone:
    then more under way only wait longer, and no more of them are answered.

    >>> limit = Limit(100)
    >>> limit.note(0.005); limit.review(); limit.note(0.3); limit.note(0.2); limit.review()
    >>> limit.now
    70
    >>> limit.note(0.3); limit.note(0.05); limit.review(); limit.now
    76
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._least = min(most, LEAST)
        self._quickest = UNKNOWN
        self._unloaded = UNKNOWN
        self.now = most

    def note(self, seconds: float) -> None:
        """Take down how long one request took from its last byte to its answer."""
        self._quickest = min(self._quickest, seconds)

    def review(self, oldest_seconds: float = 0.0, n_asking: int = 0) -> None:
        """End an interval; if nothing was answered in it, the oldest one's wait counts.

        ``n_asking`` are all who ask now, those under way and those who are refused.
        """
        self._unloaded = min(self._quickest, self._unloaded * FORGET)
        quickest = oldest_seconds if self._quickest == UNKNOWN else self._quickest
        self._quickest = UNKNOWN
        if quickest > self._target(flooded=n_asking >= 2 * self._most):
            self.now = max(self._least, int(self.now * SHRINK))
        else:
            self.now = min(self._most, self.now + max(1, self._most // GROW_STEPS))

    def _target(self, *, flooded: bool) -> float:
        if self._unloaded == UNKNOWN:
            return TARGET_SECONDS
        tight = TIMES_UNLOADED * self._unloaded
        return tight if flooded else max(TARGET_SECONDS, tight)
