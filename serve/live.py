"""What this server has loaded: immutable models behind references that are replaced whole."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from headgate.documents.ledger import LedgerEntry
from headgate.documents.version import Manifest
from headgate.names import version_name, version_number
from headgate.scoring.rows import RowScorer
from serve.errors import ModelChoiceError, ModelUnknownError, NotServingError

ENGINE = "scikit-learn (not proven)"


@dataclass(frozen=True, slots=True)
class LiveModel:
    """One loaded version, proven on its golden rows and warm.

    ``entry`` is the newest ledger entry under which it is champion; None when it is pinned.
    """

    manifest: Manifest
    scorer: RowScorer
    entry: LedgerEntry | None
    loaded_at: datetime
    engine: str = ENGINE

    @property
    def model(self) -> str:
        return self.manifest.model

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def seq(self) -> int:
        return self.entry.seq if self.entry else 0

    def new_prediction_id(self) -> str:
        return f"{self.model}-{self.version}-{self.seq}-{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class PredictionOrigin:
    """What a prediction_id says by itself; ``seq`` is 0 for a pinned version."""

    model: str
    version: str
    seq: int


def parse_prediction_id(prediction_id: str) -> PredictionOrigin | None:
    """Return where a prediction came from, or None when it is no prediction_id.

    >>> parse_prediction_id("iris-v0007-12-00ff00ff00ff00ff")
    PredictionOrigin(model='iris', version='v0007', seq=12)
    """
    parts = prediction_id.split("-")
    if len(parts) != 4 or not parts[2].isdecimal() or not parts[1][1:].isdecimal():
        return None
    return PredictionOrigin(parts[0], version_name(version_number(parts[1])), int(parts[2]))


@dataclass(frozen=True, slots=True)
class Watched:
    """One model this server follows, or holds at a pinned version.

    ``required`` says that the server is not ready without it: it was configured by name, or had a
    champion when the server started. ``wanted`` is the version that should serve, ``live`` the one
    that does, ``failure`` why the two differ.
    """

    model: str
    pinned: bool
    required: bool
    head: LedgerEntry | None = None
    wanted: str | None = None
    live: LiveModel | None = None
    failure: str | None = None

    @property
    def ready(self) -> bool:
        return self.live is not None or not self.required

    def why_not(self) -> str:
        if self.failure:
            return f"{self.model}@{self.wanted} cannot be loaded: {self.failure}"
        if self.wanted:
            return f"{self.model}@{self.wanted} is being loaded. Ask again."
        return (
            f"Model {self.model!r} has no champion yet. Train, gate and promote a version: "
            f"headgate retrain {self.model}."
        )


class Live:
    """The models of this process; any thread reads, only the follower's changes."""

    def __init__(self, default_model: str | None = None) -> None:
        self._default_model = default_model
        self._watched: Mapping[str, Watched] = {}
        self.settled = threading.Event()
        self.store_problem: str | None = "the store was not read yet"

    @property
    def watched(self) -> Mapping[str, Watched]:
        return self._watched

    @property
    def models(self) -> list[LiveModel]:
        return [w.live for _, w in sorted(self._watched.items()) if w.live]

    @property
    def ready(self) -> bool:
        return self.settled.is_set() and all(w.ready for w in self._watched.values())

    def loaded(self, model: str) -> LiveModel | None:
        watched = self._watched.get(model)
        return watched.live if watched else None

    def show(self, watched: Watched) -> None:
        """Replace what is known of a model; requests that have the old version finish with it."""
        self._watched = {**self._watched, watched.model: watched}

    def find(self, model: str | None) -> LiveModel:
        """Return the live version of a model, or of the default one.

        Raises:
            ModelUnknownError: if this server has no model of that name.
            ModelChoiceError: if no name was given and there are several.
            NotServingError: if nothing of it is loaded; the text says why and what to do.
        """
        watched = self._watched
        name = model or self._default_model or self._only(watched)
        found = watched.get(name)
        if found is not None and found.live is not None:
            return found.live
        if found is not None:
            raise NotServingError(found.why_not())
        if not self.settled.is_set():
            raise NotServingError("This server has just started and reads the store. Ask again.")
        raise ModelUnknownError(name, sorted(watched))

    def default_name(self) -> str | None:
        """Return the model that answers without a name, or None when that is not settled."""
        live = [name for name, w in self._watched.items() if w.live]
        return self._default_model or (live[0] if len(live) == 1 else None)

    def _only(self, watched: Mapping[str, Watched]) -> str:
        live = [name for name, w in sorted(watched.items()) if w.live]
        if len(live) == 1:
            return live[0]
        if live:
            raise ModelChoiceError(live)
        waiting = [w.why_not() for _, w in sorted(watched.items())]
        raise NotServingError(
            " ".join(waiting)
            or "No model has a champion yet. Train, gate and promote one: headgate retrain <model>."
        )
