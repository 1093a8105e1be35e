"""Let a store prove that of several writers exactly one creates an object."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from headgate.store.port import Store, StoreRefusedError

_WRITERS = 8
_ROUNDS = 5


def prove_put_if_absent(store: Store) -> None:
    """Race eight writers for one new key, five times; the probe's objects are removed again.

    Raises:
        StoreRefusedError: if a round had not exactly one winner, or its bytes did not stay.
    """
    folder = f".probe/{secrets.token_hex(16)}"
    keys = [f"{folder}/{number}" for number in range(1, _ROUNDS + 1)]
    try:
        with ThreadPoolExecutor(_WRITERS) as writers:
            for key in keys:
                _prove_round(store, writers, key)
    finally:
        for key in keys:
            store.delete(key)


def _prove_round(store: Store, writers: ThreadPoolExecutor, key: str) -> None:
    start = Barrier(_WRITERS)
    bodies = [f"writer {number} {secrets.token_hex(16)}".encode() for number in range(_WRITERS)]

    def write(body: bytes) -> bool:
        start.wait()
        return store.put_if_absent(key, body)

    won = list(writers.map(write, bodies))
    winners = [body for body, mine in zip(bodies, won, strict=True) if mine]
    if len(winners) != 1:
        raise StoreRefusedError(store.url, f"{len(winners)} of {_WRITERS} were told they had")
    if store.put_if_absent(key, b"late writer"):
        raise StoreRefusedError(store.url, "a later writer was told it had created it again")
    if store.find(key) != winners[0]:
        raise StoreRefusedError(store.url, "the winner's bytes were not what is stored afterwards")
