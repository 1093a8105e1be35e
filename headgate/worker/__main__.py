"""``python -m headgate.worker``: a worker by the settings of this environment."""

import sys

from headgate.errors import HeadgateError
from headgate.settings import Settings
from headgate.worker.starting import run_worker


def main() -> int:
    """Become the worker, or say why not."""
    try:
        run_worker(Settings.load())
    except HeadgateError as err:
        sys.stderr.write(f"{err}\n")
        return err.exit_code


if __name__ == "__main__":
    sys.exit(main())
