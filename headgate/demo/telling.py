"""How the demo tells its story: one line per thing that happened, with its figure and its time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Fact:
    """What a step has to say once it is done."""

    text: str = ""


class Teller:
    """Writes ``seconds  step  fact`` lines; seconds are since the start and of the step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        self._say(f"\n{text}")

    def plain(self, text: str) -> None:
        """Say something that is no step."""
        self._say(text)

    @contextmanager
    def step(self, name: str) -> Iterator[Fact]:
        """Time a step and tell its fact when it is done; a step that fails tells nothing."""
        fact = Fact()
        began = time.monotonic()
        yield fact
        self.tell(name, fact.text, time.monotonic() - began)

    def tell(self, name: str, text: str, took_seconds: float) -> None:
        """Tell a fact and how long it took."""
        self._say(f"{self.seconds:6.1f} s  {name:<22} {text}  [{took_seconds:.1f} s]")
