"""``?explain=true``: what each column contributed to one answer, computed off the event loop."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from anyio.to_thread import run_sync

from headgate.scoring.answers import Scored
from headgate.scoring.contributions import Explanation, Floats, baseline_row, explain
from headgate.scoring.rows import RowScorer
from serve.errors import NoProbabilitiesError
from serve.live import LiveModel
from serve.services import Services


async def explained(
    services: Services, live: LiveModel, row: Mapping[str, object], scored: Scored
) -> Explanation:
    """Explain the answer ``scored`` to one accepted row: its number, or its class's probability.

    Explanations wait for each other, so that however many are asked for, predictions keep most of
    the processor.

    Raises:
        NoProbabilitiesError: if the version classifies without probabilities.
        ScoringError: if the model fails on a mixture of the row and its baseline.
    """
    if scored.class_index is not None and scored.probabilities is None:
        raise NoProbabilitiesError(
            f"{live.model} {live.version} gives no probabilities, so there is nothing that its "
            "columns could add up to. Ask without explain."
        )
    call = partial(_explain, live.scorer, dict(row), scored)
    return await run_sync(call, limiter=services.explaining)


def _explain(scorer: RowScorer, row: Mapping[str, object], scored: Scored) -> Explanation:
    class_index = None if scored.class_index is None else int(scored.class_index[0])

    def score(columns: Mapping[str, Sequence[object]], n_rows: int) -> Floats:
        mixed = scorer.score_columns(columns, n_rows)
        if class_index is None:
            return np.array(mixed.predictions, dtype=np.float64)
        found = (
            np.zeros((0, class_index + 1)) if mixed.probabilities is None else mixed.probabilities
        )
        return found[:, class_index]

    contract = scorer.contract
    clean = {name: column[0] for name, column in contract.clean([row]).values.items()}
    return explain(clean, baseline_row(contract), score)
