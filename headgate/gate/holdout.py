"""The rows both versions are scored on: set aside for good, and seen by neither in training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from headgate.contract import Contract
from headgate.data.fingerprints import frame_sha256
from headgate.data.holdout import Holdout, fingerprints

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trained:
    """What of a version decides which rows it may be judged on."""

    contract: Contract
    target: str
    training_rows: npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class CommonRows:
    """The rows that are left, in their order, and how many went and why.

    ``n_rows_dropped`` were trained on by a version, ``n_rows_refused`` the challenger alone
    would not answer. Rows the champion would not answer are left out too: both are scored on the
    same rows.
    """

    holdout: Holdout
    sha256: str
    n_rows_dropped: int
    n_rows_refused: int


def common_rows(holdout: Holdout, challenger: Trained, champion: Trained | None) -> CommonRows:
    """Return the challenger's holdout less what may not be judged on; duplicates stay."""
    versions = [challenger] if champion is None else [challenger, champion]
    unseen = ~np.logical_or.reduce([_seen(holdout, version) for version in versions])
    clear = holdout.take(np.flatnonzero(unseen).tolist())
    answered = _answered(clear, challenger)
    answered_before = (
        np.ones(clear.n_rows, dtype=np.bool_) if champion is None else _answered(clear, champion)
    )
    kept = clear.take(np.flatnonzero(answered & answered_before).tolist())
    return CommonRows(
        holdout=kept,
        sha256=holdout_sha256(kept, challenger.target),
        n_rows_dropped=holdout.n_rows - clear.n_rows,
        n_rows_refused=int(np.count_nonzero(answered_before & ~answered)),
    )


def missing_columns(holdout: Holdout, contract: Contract) -> list[str]:
    """Return the columns of a contract that the rows do not have."""
    return [name for name in contract.names if name not in holdout.values]


def own_columns(holdout: Holdout, contract: Contract) -> dict[str, Sequence[object]]:
    """Return the rows as a version takes them: the columns of its contract and no others."""
    return {name: holdout.values[name] for name in contract.names}


def own_rows(holdout: Holdout, contract: Contract, n_rows: int) -> list[dict[str, object]]:
    """Return the first rows as a caller would send them to a version."""
    columns = own_columns(holdout, contract)
    return [
        {name: column[i] for name, column in columns.items()}
        for i in range(min(n_rows, holdout.n_rows))
    ]


def holdout_sha256(holdout: Holdout, target: str) -> str:
    """Return the SHA-256 of rows and targets, in their order."""
    return frame_sha256(pd.DataFrame({**holdout.values, target: holdout.targets}, dtype=object))


def _seen(holdout: Holdout, version: Trained) -> Mask:
    own = fingerprints(version.contract.names, version.target, holdout)
    return np.isin(own, version.training_rows)


def _answered(holdout: Holdout, version: Trained) -> Mask:
    columns = own_columns(holdout, version.contract)
    answered = np.zeros(holdout.n_rows, dtype=np.bool_)
    answered[version.contract.clean_columns(columns, holdout.n_rows).accepted] = True
    return answered
