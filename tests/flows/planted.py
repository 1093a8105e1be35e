"""Models with planted qualities and faults, for tests of the flows."""

from pathlib import Path

HEAD = """
import os
import signal
from pathlib import Path

from pandas import DataFrame
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec, Schedule


def source() -> DataFrame:
    bunch = load_iris(as_frame=True)
    frame = bunch.data.set_axis(["a", "b", "c", "d"], axis=1)
    return frame.assign(kind=bunch.target_names[bunch.target].astype(str))


def estimator(seed: int, quality: str = "good"):
    if quality == "bad":
        return DummyClassifier(strategy="most_frequent")
    return LogisticRegression(max_iter=1000, random_state=seed)


def killed_once(y_true, y_pred) -> float:
    marker = Path(__file__).with_suffix(".killed")
    if len(y_true) > 10 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return float((y_true == y_pred).mean())


"""
SPEC = """spec = ModelSpec(
    name={name!r}, task="classification", target="kind", source=source, estimator=estimator,
    {more}
)
"""
MORE = {
    "quick": "gate=GateRules(floor=0.8)",
    "batched": "",
    "guarded": "gate=GateRules(floor=0.8)",
    "steady": "gate=GateRules(floor=0.8)",
    "killed": 'metrics=Metrics(primary="accuracy", others=("models.killed.killed_once",))',
    "weekly": 'schedule=Schedule(cron="0 4 * * 1", timezone="Europe/Berlin")',
}


def write_models(folder: Path) -> Path:
    """Write one model file per planted quality and return the folder."""
    folder.mkdir(parents=True)
    for name, more in MORE.items():
        (folder / f"{name}.py").write_text(HEAD.lstrip() + SPEC.format(name=name, more=more))
    return folder
