"""Keeps the garbage collector from walking through what start-up made, again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (20_000, 20, 20)
"""Objects between two looks at the young ones, and such looks between those at the older."""


@contextmanager
def settled_garbage() -> Iterator[None]:
    """Leave what exists now to reference counting; put all back at the end.

    A full collection of the libraries' objects takes a tenth of a second, in which no request is
    answered; of what requests leave behind, next to nothing.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
