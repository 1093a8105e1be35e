"""Evidence in which nothing is wrong, to change one thing at a time."""

from headgate.documents.gate import Score
from headgate.documents.rules import GateRules, Metrics, Rules
from headgate.gate.evidence import AnswerChange, Evidence, Finding, LatencyBlock, Servability

HOLDOUT = "ab" * 32
EVEN = tuple(LatencyBlock(challenger_ms=2.0, champion_ms=2.0) for _ in range(8))


def score(version: str, value: float | None, **changes: object) -> Score:
    fields = {
        "version": version,
        "metric": "accuracy",
        "value": value,
        "holdout_sha256": HOLDOUT,
        "n_rows": 128,
    }
    return Score.model_validate(fields | changes)


def rules(**gate: object) -> Rules:
    return Rules(
        task="classification",
        target="species",
        metrics=Metrics(primary="accuracy"),
        gate=GateRules.model_validate(gate),
    )


def evidence(challenger: float | None, champion: float | None, /, **changes: object) -> Evidence:
    """Return evidence about v0002 against the champion v0001."""
    fields = {
        "model": "iris",
        "version": "v0002",
        "champion": "v0001",
        "rules": rules(),
        "loads": Finding(passed=True, detail="loaded"),
        "golden": Finding(passed=True, detail="reproduced"),
        "scored": Finding(passed=True, detail="scored"),
        "servability": Servability(passed=True, detail="answered", seconds=2.5),
        "champion_loads": Finding(passed=True, detail="loaded"),
        "champion_scored": Finding(passed=True, detail="scored"),
        "breaks": (),
        "answers": AnswerChange(),
        "holdout_sha256": HOLDOUT,
        "n_rows": 128,
        "n_rows_dropped": 0,
        "scores": (score("v0002", challenger),),
        "champion_scores": (score("v0001", champion),),
        "trivial_score": score("trivial", 0.25),
        "latency": EVEN,
    }
    return Evidence.model_validate(fields | changes)


def first_version(value: float | None, trivial: float | None, /, **changes: object) -> Evidence:
    """Return evidence about v0001, which has no champion to be compared with."""
    fields = {
        "version": "v0001",
        "champion": None,
        "champion_loads": None,
        "champion_scored": None,
        "breaks": None,
        "answers": None,
        "latency": (),
        "scores": (score("v0001", value),),
        "champion_scores": (),
        "trivial_score": score("trivial", trivial),
    }
    return evidence(value, None, **(fields | changes))
