"""Loopback ports: a free one, or the wanted one if it is free."""

import errno
import socket

from headgate.errors import ConflictError

HOST = "127.0.0.1"


class PortInUseError(ConflictError):
    """Somebody else listens where we should."""

    def __init__(self, port: int, what: str, option: str) -> None:
        super().__init__(
            f"Port {port} on {HOST} is in use, so {what} cannot listen there. Stop what uses it, "
            f"or choose another port: {option} NUMBER (0 for any free one)."
        )


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def take_port(port: int, what: str, option: str) -> int:
    """Return the port if it is free, or a free one for 0.

    Raises:
        PortInUseError: naming the port and the option that chooses another.
    """
    if port == 0:
        return free_port()
    with socket.socket() as listener:
        # As servers do: a connection of the last run that lingers does not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as err:
            if err.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise PortInUseError(port, what, option) from err
    return port
