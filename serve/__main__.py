"""``python -m serve``: the HTTP service in this terminal."""

import argparse
import sys

from headgate.errors import HeadgateError
from headgate.settings import Settings
from serve.launch import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m serve", description=__doc__)
    parser.add_argument("--host", help="address to listen on; default HEADGATE_HOST")
    parser.add_argument("--port", type=int, help="port to listen on; default HEADGATE_PORT")
    parser.add_argument("--workers", type=int, default=1, help="server processes; default 1")
    given = parser.parse_args(arguments)
    chosen = {"host": given.host, "port": given.port}
    try:
        settings = Settings.load()
        update = {name: value for name, value in chosen.items() if value is not None}
        serve(settings.model_copy(update=update), workers=given.workers)
    except HeadgateError as err:
        sys.stderr.write(f"{err}\n")
        return err.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
