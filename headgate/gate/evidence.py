"""What was measured about a challenger, and nothing of what follows from it."""

from headgate.documents.base import Frozen
from headgate.documents.gate import Score
from headgate.documents.rules import Rules


class Finding(Frozen):
    """How one attempt at something went; ``passed`` is None when it could not be tried."""

    passed: bool | None
    detail: str


class Servability(Frozen):
    """Whether the service itself, started for this version alone, answered over HTTP."""

    passed: bool
    detail: str
    seconds: float


class LatencyBlock(Frozen):
    """The p95 of one prediction by each version, from calls that took turns; in milliseconds."""

    challenger_ms: float
    champion_ms: float


class AnswerChange(Frozen):
    """The classes of the champion the challenger does not answer, and those only it answers.

    As JSON writes them, so that 1, 1.0, "1" and true stay apart.
    """

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class Evidence(Frozen):
    """Everything the judgement rests on, all of it measured in one run.

    ``rules`` are the challenger's. Fields of the champion are empty where there is none;
    ``breaks`` and ``answers`` are None when the contracts or the answers could not be compared.
    ``interval`` is of the gain in the primary metric. ``n_rows`` counts the rows both versions
    were scored on, ``n_rows_dropped`` those left out because a version trained on them,
    ``n_rows_refused`` those only the challenger would not answer.
    """

    model: str
    version: str
    champion: str | None
    rules: Rules
    loads: Finding
    golden: Finding
    scored: Finding
    servability: Servability | None
    champion_loads: Finding | None = None
    champion_scored: Finding | None = None
    breaks: tuple[str, ...] | None = None
    answers: AnswerChange | None = None
    holdout_sha256: str
    n_rows: int
    n_rows_dropped: int
    n_rows_refused: int = 0
    scores: tuple[Score, ...] = ()
    champion_scores: tuple[Score, ...] = ()
    trivial_score: Score | None = None
    interval: tuple[float, float] | None = None
    latency: tuple[LatencyBlock, ...] = ()

    def score(self, metric: str) -> Score | None:
        return _named(self.scores, metric)

    def champion_score(self, metric: str) -> Score | None:
        return _named(self.champion_scores, metric)

    def all_scores(self) -> tuple[Score, ...]:
        trivial = () if self.trivial_score is None else (self.trivial_score,)
        return self.scores + self.champion_scores + trivial


def _named(scores: tuple[Score, ...], metric: str) -> Score | None:
    return next((score for score in scores if score.metric == metric), None)
