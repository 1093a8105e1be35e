"""Write objects named by their own sha256 until killed; `python -m` with folder and mode."""

import hashlib
import secrets
import sys
from pathlib import Path

from headgate.store.local import LocalStore

OBJECT_BYTES = 4 * 1024 * 1024


def main() -> None:
    store = LocalStore(Path(sys.argv[1]), unnamed_files=sys.argv[2] == "unnamed")
    block = secrets.token_bytes(OBJECT_BYTES - 16)
    while True:
        sys.stdout.write("writing the next\n")
        sys.stdout.flush()
        data = secrets.token_bytes(16) + block
        store.put_if_absent(f"parts/{hashlib.sha256(data).hexdigest()}", data)
        store.put("beat", data)


if __name__ == "__main__":
    main()
