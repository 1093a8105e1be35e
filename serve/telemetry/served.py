"""What the service tells about one request it answered or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from serve.telemetry.ids import TraceParent


class Shed(NamedTuple):
    """Why a request was refused to keep the others fast; ``n_unlogged`` others have no line."""

    reason: str
    n_unlogged: int = 0


@dataclass(slots=True)
class Served:
    """One request. Names are ours and bounded: nothing a client invents may become a label.

    ``endpoint`` is the route's template; ``model`` and ``version`` are empty where none answered.
    ``label`` is the answer's text, empty for a regression, None where there is no single answer;
    ``labels`` those of a request of many rows. ``caller`` is the key's name, never the key.
    ``address`` is that of a caller who was turned away.
    ``inputs`` are the rows as sent, given where `Telemetry.logs_inputs` asks for them.
    """

    endpoint: str
    model: str
    version: str
    status: int
    latency_seconds: float
    predict_seconds: float | None
    request_id: str
    prediction_id: str | None = None
    label: str | None = None
    caller: str = ""
    n_rows: int = 0
    labels: Sequence[str] = ()
    trace: TraceParent | None = None
    address: str | None = None
    inputs: Sequence[object] | None = None
    shed: Shed | None = None
