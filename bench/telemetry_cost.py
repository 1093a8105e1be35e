"""What metrics and log lines cost a request, by how many are answered together.

``python -m bench.telemetry_cost 2>/dev/null``; with PROMETHEUS_MULTIPROC_DIR as several workers
count. The best of many rounds, so that neighbours on the machine matter little.
"""

import os
import secrets
from time import perf_counter

from serve.telemetry import Served, Telemetry
from serve.telemetry.shared_folder import VARIABLE

BATCHES = 50
ROUNDS = 20


def a_batch(n_requests: int) -> list[Served]:
    """Return answers as the hot path records them."""
    return [
        Served(
            endpoint="/models/{model}/predict",
            model="tabular",
            version="v0003",
            status=200,
            latency_seconds=0.001 + i / 10_000,
            predict_seconds=0.0004,
            request_id=f"abcdef012345-{i}",
            prediction_id=f"tabular-v0003-12-{secrets.token_hex(8)}",
            label="yes" if i % 3 else "no",
            caller="shop",
            n_rows=1,
        )
        for i in range(n_requests)
    ]


def seconds_a_batch(telemetry: Telemetry, batches: list[list[Served]]) -> float:
    """Return the time to record one batch, on average over one round."""
    started = perf_counter()
    for batch in batches:
        telemetry.record(batch)
    return (perf_counter() - started) / len(batches)


def main() -> None:
    """Print a line for each size of batch."""
    telemetry = Telemetry(folder=os.environ.get(VARIABLE))
    for n_requests in (1, 8, 32, 64):
        batches = [a_batch(n_requests) for _ in range(BATCHES)]
        best = min(seconds_a_batch(telemetry, batches) for _ in range(ROUNDS))
        each = best / n_requests
        print(f"{n_requests:3} together: {best * 1e6:6.1f} us, {each * 1e6:5.2f} us a request")


if __name__ == "__main__":
    main()
