"""What this server has loaded: immutable models behind references that are replaced whole."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from headgate.documents.ledger import LedgerEntry
from headgate.documents.proof import SCIKIT_LEARN
from headgate.documents.version import Manifest
from headgate.names import version_name, version_number
from headgate.scoring.rows import RowScorer
from serve.answering.prediction_ids import next_suffix
from serve.errors import ModelChoiceError, ModelUnknownError, NotServingError
from serve.following.routing import falls_into
from serve.following.shadow import Shadow
from serve.hot.decoding import RowDecoder, compile_decoder

NOT_PROVEN = "scikit-learn (not proven)"


@dataclass(frozen=True, eq=False)
class LiveModel:
    """One loaded version, proven on its golden rows and warm.

    ``entry`` is the newest ledger entry under which it answers; None when it is pinned.
    ``n_bytes`` were read of its artifacts. ``shadow`` wants to see what it answers.
    """

    manifest: Manifest
    scorer: RowScorer
    entry: LedgerEntry | None
    loaded_at: datetime
    n_bytes: int = 0
    shadow: Shadow | None = None

    @cached_property
    def model(self) -> str:
        return self.manifest.model

    @cached_property
    def version(self) -> str:
        return self.manifest.version

    @property
    def engine(self) -> str:
        """What answers, and whether that is all there is because nothing faster is proven."""
        proof = self.manifest.proof
        return self.scorer.engine if proof is not None and proof.proven else NOT_PROVEN

    @property
    def proven(self) -> bool:
        """Whether it answers by a form that was proven equal to scikit-learn."""
        return self.scorer.engine != SCIKIT_LEARN

    @property
    def seq(self) -> int:
        return self.entry.seq if self.entry else 0

    @cached_property
    def classifies(self) -> bool:
        """Whether it answers with classes, and not with numbers."""
        return self.manifest.rules.task == "classification"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns it takes, in order."""
        return self.scorer.contract.names

    @cached_property
    def decoder(self) -> RowDecoder:
        """What reads the rows of this version's contract straight from bytes."""
        return compile_decoder(self.scorer.contract)

    @cached_property
    def _id_start(self) -> str:
        return f"{self.model}-{self.version}-{self.seq}-"

    def new_prediction_id(self) -> str:
        """Return an id that no other prediction has, of this process or another."""
        return f"{self._id_start}{next_suffix()}"


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
class Beside:
    """A version beside the champion: the canary with its ``share``, or the shadow with None.

    While it is not loaded the champion answers everything, and ``failure`` says why.
    """

    version: str
    share: float | None
    live: LiveModel | None
    failure: str | None


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
    canary: Beside | None = None
    shadow: Beside | None = None

    @property
    def problem(self) -> str | None:
        """Why something else than the ledger or the settings say answers, or None."""
        if self.failure is not None:
            return self.failure
        for part, beside in (("canary", self.canary), ("shadow", self.shadow)):
            if beside is not None and beside.failure is not None:
                return f"The {part} {beside.version} cannot be loaded: {beside.failure}"
        return None

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
        self.stale_since: datetime | None = None

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
        """Return the live champion of a model, or of the default one.

        Raises:
            ModelUnknownError: if this server has no model of that name.
            ModelChoiceError: if no name was given and there are several.
            NotServingError: if nothing of it is loaded; the text says why and what to do.
        """
        return self._find(model)[0]

    def choose(self, model: str | None, sticky: str | None = None) -> LiveModel:
        """Return the version that answers this request: the champion, or the canary.

        ``sticky`` is the caller's routing key: equal keys get the same version everywhere.

        Raises:
            ModelUnknownError, ModelChoiceError, NotServingError: as `find` does.
        """
        live, canary = self._find(model)
        if canary is None or canary.live is None or canary.share is None:
            return live
        taken = falls_into(canary.share, live.model, canary.version, sticky)
        return canary.live if taken else live

    def _find(self, model: str | None) -> tuple[LiveModel, Beside | None]:
        watched = self._watched
        name = model or self._default_model or self._only(watched)
        found = watched.get(name)
        if found is not None and found.live is not None:
            return found.live, found.canary
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
