"""Requests on their way through: whose body is still coming, and who waits for us."""

import asyncio
import time
from dataclasses import dataclass, field

from starlette.types import Message, Receive

from serve.errors import BodyTimeoutError, OverloadedError
from serve.load.concurrency import Limit

WITH_BODY = ("POST", "PUT", "PATCH")
WHY = {
    "busy": "has as many requests under way as it can answer in time",
    "bytes": "holds as many bytes of bodies as it takes",
    "arriving": "waits for as many bodies as it takes",
}
"""What a server that refuses has too much of."""


@dataclass(slots=True)
class Lane:
    """Requests of one kind that have arrived whole and are not answered, oldest first."""

    limit: Limit
    since: dict["Arrival", float] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.since) >= self.limit.now

    def review(self, now: float, n_refused: int) -> None:
        """Let the limit follow how long they wait, and how many more would like to."""
        oldest_seconds = now - next(iter(self.since.values()), now)
        self.limit.review(oldest_seconds, len(self.since) + n_refused)


@dataclass(slots=True)
class Arriving:
    """Requests whose body is still coming: they wait for their sender, not for us."""

    most_bytes: int
    most_each: int
    n_bytes: int = 0
    since: dict["Arrival", float] = field(default_factory=dict)

    def hold(self, n_bytes: int) -> None:
        """Count bytes that the bodies of all requests under way hold.

        Raises:
            OverloadedError: if they hold too many together.
        """
        self.n_bytes += n_bytes
        if self.n_bytes > self.most_bytes:
            raise OverloadedError(WHY["bytes"])

    def time_out(self, now: float, seconds: float) -> None:
        """Wake those whose body took longer than ``seconds``."""
        for arrival, began_at in list(self.since.items()):
            if now - began_at < seconds:
                break
            arrival.wake(BodyTimeoutError(seconds))


class Arrival:
    """The ``receive`` of one request; it moves on from the arriving to its lane."""

    __slots__ = ("_arriving", "_lane", "_loop", "_n_bytes", "_receive", "_task", "_why")

    def __init__(
        self,
        receive: Receive,
        method: str,
        arriving: Arriving,
        lane: Lane,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._receive = receive
        self._loop = loop
        self._arriving = arriving
        self._lane = lane
        self._n_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._why: BodyTimeoutError | None = None
        (arriving if method in WITH_BODY else lane).since[self] = time.monotonic()

    async def __call__(self) -> Message:
        """Return the next message.

        Raises:
            BodyTimeoutError: if the body took too long.
            OverloadedError: if all bodies together hold too many bytes.
        """
        if self not in self._arriving.since:
            return await self._receive()
        self._task = task = asyncio.current_task(self._loop)
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if self._why is None or task is None:
                raise
            task.uncancel()
            raise self._why from None
        finally:
            self._task = None
        self._take(message)
        return message

    def _take(self, message: Message) -> None:
        if not message.get("more_body", False):
            del self._arriving.since[self]
            self._lane.since[self] = time.monotonic()
        # What is over the limit of one body is thrown away, not held.
        room = self._arriving.most_each - self._n_bytes
        n_bytes = min(len(message.get("body", b"")), room)
        self._n_bytes += n_bytes
        self._arriving.hold(n_bytes)

    def wake(self, why: BodyTimeoutError) -> None:
        """End the wait for the rest of the body, if anybody waits for it."""
        if self._why is None and self._task is not None:
            self._why = why
            self._task.cancel()

    def end(self) -> None:
        """Forget the request: it is answered."""
        self._arriving.n_bytes -= self._n_bytes
        self._arriving.since.pop(self, None)
        began_at = self._lane.since.pop(self, None)
        if began_at is not None:
            self._lane.limit.note(time.monotonic() - began_at)
