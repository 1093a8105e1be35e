import socket

import pytest

from headgate.stack.ports import HOST, PortInUseError, free_port, take_port


def test_a_free_port_is_taken_as_asked() -> None:
    port = free_port()

    assert take_port(port, "the API", "--port") == port


def test_a_port_in_use_is_refused_by_its_number_and_option() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port: int = listener.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"Port {port}.*the API.*--port NUMBER"):
            take_port(port, "the API", "--port")


def test_zero_is_any_free_port() -> None:
    assert take_port(0, "the API", "--port") > 0
