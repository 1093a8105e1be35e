"""The model a training is about: what is declared, by which code."""

from dataclasses import dataclass, field
from pathlib import Path

from headgate.documents.rules import Rules
from headgate.spec_loading import LoadedSpec
from headgate.training.prepare import Declared


@dataclass(frozen=True, slots=True)
class Subject:
    """A model's name and declaration; ``root`` is the tree its code lives in."""

    model: str
    declared: Declared
    spec_sha256: str
    code_sha256: str
    root: Path
    owner: str = ""
    purpose: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        return self.declared.rules

    @classmethod
    def of(cls, loaded: LoadedSpec) -> "Subject":
        spec = loaded.spec
        return cls(
            model=spec.name,
            declared=Declared.of(spec),
            spec_sha256=spec.sha256(),
            code_sha256=loaded.code_sha256,
            root=loaded.path.parent.parent,
            owner=spec.owner,
            purpose=spec.purpose,
            tags=dict(spec.tags),
        )
