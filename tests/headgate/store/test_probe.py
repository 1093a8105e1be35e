"""A store that breaks put-if-absent is found out before anything is written to it."""

from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from headgate.errors import UnreachableError
from headgate.store import Store, StoreRefusedError, prove_put_if_absent
from headgate.store.local import LocalStore


class OverwritingStore(LocalStore):
    """Tells every writer that it has won."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self.put(key, data)
        return True


class RacyStore(LocalStore):
    """Looks first and writes then, as fsspec's create mode does on a local disk."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._both_looked = Barrier(2)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        if self.find(key) is not None:
            return False
        try:
            self._both_looked.wait(1)
        except BrokenBarrierError:
            return False
        self.put(key, data)
        return True


class ForgetfulStore(LocalStore):
    """Refuses everybody."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        super().put_if_absent(key, data)
        return False


class LastWriterStore(LocalStore):
    """Names one winner, but keeps the bytes of the last."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        won = super().put_if_absent(key, data)
        self.put(key, data)
        return won


class AbsentStore(LocalStore):
    """Is away."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        raise UnreachableError(f"{self.url} does not answer for {key} ({len(data)} bytes).")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (OverwritingStore, "8 of 8 were told they had"),
        (RacyStore, r"[2-8] of 8 were told they had"),
        (ForgetfulStore, "0 of 8 were told they had"),
        (LastWriterStore, "bytes were not what is stored"),
    ],
)
def test_a_store_that_breaks_the_promise_is_refused_with_what_was_seen(
    kind: type[LocalStore], seen: str, tmp_path: Path
) -> None:
    store: Store = kind(tmp_path)

    with pytest.raises(StoreRefusedError, match=rf"Store {tmp_path} .*{seen}"):
        prove_put_if_absent(store)

    assert list(store.list("")) == []


def test_a_store_that_is_away_is_not_called_broken(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        prove_put_if_absent(AbsentStore(tmp_path))
