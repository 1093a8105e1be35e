"""An answer's head waits for its body, and for nothing else."""

import asyncio
from collections.abc import Callable

import pytest

from serve.connections.joined_writes import JoinedWrites


class Written(asyncio.Transport):
    """Keeps what is written to it, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str, default: object = None) -> object:
        return {"peername": ("127.0.0.1", 5)}.get(name, default)


def after(write: Callable[[JoinedWrites], None]) -> Written:
    """Return the transport as it is when the turn of the loop has ended."""
    transport = Written()

    async def turn() -> None:
        write(JoinedWrites(transport))
        await asyncio.sleep(0)

    asyncio.run(turn())
    return transport


@pytest.mark.parametrize(
    ("given", "pieces"),
    [
        ([b"head"], [b"head"]),
        ([b"head", b"body"], [b"headbody"]),
        ([b"head", b"1", b"2"], [b"head1", b"2"]),
        ([b"a", b"b", b"c", b"d"], [b"ab", b"cd"]),
    ],
    ids=["alone", "head and body", "three", "four"],
)
def test_two_writes_of_one_turn_are_one(given: list[bytes], pieces: list[bytes]) -> None:
    def write(joined: JoinedWrites) -> None:
        for data in given:
            joined.write(data)

    assert after(write).pieces == pieces


def test_nothing_is_held_back_by_closing() -> None:
    def write(joined: JoinedWrites) -> None:
        joined.write(b"last words")
        joined.close()
        assert joined.is_closing()

    transport = after(write)

    assert transport.pieces == [b"last words"]
    assert transport.closed


def test_all_else_is_the_transports_own() -> None:
    joined: list[JoinedWrites] = []

    after(joined.append)

    assert joined[0].get_extra_info("peername") == ("127.0.0.1", 5)
