"""Give every peer an environment of its own: ``python bench/peers/setup.py``; quick when done."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / ".peers"


def main() -> int:
    """Build the environments that are not there, or whose requirements changed."""
    uv = Path(sys.executable).parent / "uv"
    for wanted in sorted(HERE.glob("*/requirements.txt")):
        folder = ENVIRONMENTS / wanted.parent.name
        stamp = folder / "requirements.txt"
        if stamp.exists() and stamp.read_text() == wanted.read_text():
            continue
        sys.stdout.write(f"{wanted.parent.name}: installing\n")
        sys.stdout.flush()
        subprocess.run(
            [uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True
        )
        python = folder / "bin" / "python"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
