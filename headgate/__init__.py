"""The production loop for scikit-learn models: train, gate, promote, serve, infer, take back."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.api_client import Client as Client
    from headgate.notebook import record_version as record_version

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Loaded when asked for: every process imports this package, and few want httpx or pandas.
    if name == "Client":
        from headgate.api_client import Client

        return Client
    if name == "record_version":
        from headgate.notebook import record_version

        return record_version
    raise AttributeError(f"module 'headgate' has no attribute {name!r}")
