"""The whole system in one terminal: Prefect's server, a worker and the API, on loopback."""

from headgate.stack.child import Child, ChildDiedError
from headgate.stack.info import StackInfo, read_stack
from headgate.stack.ports import PortInUseError, free_port
from headgate.stack.stack import Stack

__all__ = [
    "Child",
    "ChildDiedError",
    "PortInUseError",
    "Stack",
    "StackInfo",
    "free_port",
    "read_stack",
]
