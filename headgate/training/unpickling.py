"""Run as a process of its own: open a pickle, write its estimator as skops, and end.

``python -m headgate.training.unpickling model.joblib model.skops [models folder ...]``
"""

import sys
from pathlib import Path

import joblib

from headgate.artifacts.persistence import dump_estimator
from headgate.scoring.estimators import kept_part
from headgate.spec_loading import add_models_path


def main(arguments: list[str]) -> None:
    """Convert the first file into the second."""
    source, result, *models_dirs = map(Path, arguments)
    if models_dirs:
        add_models_path(models_dirs)
    # The caller has asked for it: that is what --allow-pickle means.
    estimator = joblib.load(source)
    result.write_bytes(dump_estimator(kept_part(estimator)))


if __name__ == "__main__":
    main(sys.argv[1:])
