"""Finding and importing ``models/<name>.py``, wherever the models folders are."""

import importlib
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType

from pydantic import ValidationError

from headgate.contract.wording import did_you_mean
from headgate.documents.base import sha256_of
from headgate.errors import NotFoundError, UsageError
from headgate.names import check_model_name
from headgate.spec import ModelSpec, spec_problems

NAMESPACE = "models"
DECLARES_SPEC = re.compile(rb"^spec\s*[:=]", re.MULTILINE)
# Two threads that import one file must end with one class of each name.
_IMPORTING = RLock()


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec, the file it was read from, and the SHA-256 of that file's bytes."""

    spec: ModelSpec
    path: Path
    code_sha256: str


def add_models_path(models_dirs: Sequence[Path]) -> None:
    """Make ``models.<name>`` importable from exactly these folders; the first one wins.

    A class that ``models/churn.py`` defines is then the type ``models.churn.X`` in every process
    that calls this, which is how an artifact finds it again.
    """
    folders = [str(folder.resolve()) for folder in models_dirs]
    with _IMPORTING:
        package = sys.modules.get(NAMESPACE)
        if package is None or list(getattr(package, "__path__", ())) != folders:
            _replace_namespace(folders)


def _replace_namespace(folders: list[str]) -> None:
    package = ModuleType(NAMESPACE, "The configured models folders.")
    package.__path__ = folders
    for name in [name for name in sys.modules if name.startswith(f"{NAMESPACE}.")]:
        file = getattr(sys.modules[name], "__file__", None)
        if file is None or str(Path(file).parent) not in folders:
            del sys.modules[name]
        elif name.count(".") == 1:
            setattr(package, name.partition(".")[2], sys.modules[name])
    sys.modules[NAMESPACE] = package
    importlib.invalidate_caches()


def list_specs(models_dirs: Sequence[Path]) -> list[str]:
    """Return the names of the files that declare a spec, sorted; nothing is imported."""
    return sorted(
        {
            path.stem
            for folder in models_dirs
            for path in folder.glob("[a-z]*.py")
            if DECLARES_SPEC.search(path.read_bytes())
        }
    )


def load_spec(model: str, models_dirs: Sequence[Path]) -> LoadedSpec:
    """Import ``<model>.py`` from the first folder that has it and return its spec.

    The code that runs is exactly the code whose digest is returned; a file that changed since it
    was last imported is imported again.

    Raises:
        NotFoundError: if no folder has the file.
        UsageError: if the file cannot be imported, has no spec, or names another model.
    """
    check_model_name(model)
    path = _find(model, models_dirs)
    add_models_path(models_dirs)
    data = path.read_bytes()
    with _IMPORTING:
        module = _import(model, path, data)
    return LoadedSpec(_spec_of(module, model, path), path, sha256_of(data))


def _find(model: str, models_dirs: Sequence[Path]) -> Path:
    for folder in models_dirs:
        path = folder.resolve() / f"{model}.py"
        if path.is_file():
            return path
    known = list_specs(models_dirs)
    have = ", ".join(known) or "no models"
    where = ", ".join(str(folder) for folder in models_dirs) or "no folder"
    raise NotFoundError(
        f"There is no model {model!r} in {where} (there are: {have}){did_you_mean(model, known)}. "
        "Write its file with `headgate new`, or name its folder in HEADGATE_MODELS_DIR."
    )


class _ExactLoader(SourceFileLoader):
    """Runs the bytes it was given; cached bytecode can be of an edit in the same second."""

    def __init__(self, fullname: str, path: Path, data: bytes) -> None:
        super().__init__(fullname, str(path))
        self.data = data

    def holds(self, path: Path, data: bytes) -> bool:
        return self.path == str(path) and self.data == data

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        code: CodeType = self.source_to_code(self.data, self.path)
        return code


def _import(model: str, path: Path, data: bytes) -> ModuleType:
    fullname = f"{NAMESPACE}.{model}"
    known = sys.modules.get(fullname)
    loader = getattr(known, "__loader__", None)
    if known is not None and isinstance(loader, _ExactLoader) and loader.holds(path, data):
        return known
    importing = spec_from_file_location(fullname, path, loader=_ExactLoader(fullname, path, data))
    if importing is None or importing.loader is None:
        raise UsageError(f"{path} cannot be imported as a Python module.")
    module = module_from_spec(importing)
    sys.modules[fullname] = module
    try:
        importing.loader.exec_module(module)
    except Exception as err:
        del sys.modules[fullname]
        raise UsageError(_reason(err, path)) from err
    setattr(sys.modules[NAMESPACE], model, module)
    return module


def _reason(err: Exception, path: Path) -> str:
    line = _line_in(err, path)
    where = f"{path}:{line}" if line else str(path)
    if isinstance(err, ValidationError):
        return f"{where}: {err.title} cannot be used: {'; '.join(spec_problems(err))}."
    if isinstance(err, UsageError):
        return f"{where}: {err}"
    return f"{where} cannot be imported: {type(err).__name__}: {err}. Correct the file."


def _line_in(err: Exception, path: Path) -> int | None:
    if isinstance(err, SyntaxError) and err.filename == str(path):
        return err.lineno
    frames = traceback.extract_tb(err.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)


def _spec_of(module: ModuleType, model: str, path: Path) -> ModelSpec:
    spec = getattr(module, "spec", None)
    if not isinstance(spec, ModelSpec):
        found = "no `spec`" if spec is None else f"a `spec` of type {type(spec).__name__}"
        raise UsageError(f"{path} has {found}. It must hold one: spec = ModelSpec(name={model!r}).")
    if spec.name != model:
        raise UsageError(
            f"{path} declares the model {spec.name!r}, but a model is found by its file's name. "
            f"Name the file {spec.name}.py or the model {model!r}."
        )
    return spec
