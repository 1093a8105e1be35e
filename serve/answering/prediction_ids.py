"""What makes a prediction_id unique: the process's nonce and a counter."""

import itertools
import os
import secrets


class Suffixes:
    """Hexadecimal texts of at least 16 digits, no two the same in any two processes."""

    def __init__(self) -> None:
        self._renew()
        # A forked process would go on with its parent's nonce and count.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def next(self) -> str:
        return f"{self._nonce}{next(self._numbers):04x}"

    def _renew(self) -> None:
        self._nonce = secrets.token_hex(6)
        self._numbers = itertools.count()


next_suffix = Suffixes().next
