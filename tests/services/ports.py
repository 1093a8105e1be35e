"""Free ports on loopback."""

import socket


def free_ports(n_ports: int) -> list[int]:
    """Return ports that nobody listens on right now, all different."""
    listeners = [socket.socket() for _ in range(n_ports)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
