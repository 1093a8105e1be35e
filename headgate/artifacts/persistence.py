"""Estimators as bytes: skops, loaded against a list of allowed types, never pickle."""

import importlib
import io
import json
import logging
import warnings
from collections.abc import Collection
from typing import cast
from zipfile import BadZipFile, ZipFile

from sklearn.exceptions import InconsistentVersionWarning
from skops import io as skops_io

from headgate.artifacts.allowed_types import ALLOWED_TYPES
from headgate.artifacts.canonical import canonical_archive
from headgate.artifacts.trees import check_indices
from headgate.errors import IntegrityError, RefusedError, UsageError
from headgate.scoring.estimators import Estimator, kept_part, type_name

logger = logging.getLogger(__name__)

SETTING = "HEADGATE_TRUSTED_TYPES"
MAX_UNPACKED_BYTES = 4 * 1024**3
# A file says itself which protocol reads it, and the readers of older ones are less strict.
OLDEST_PROTOCOL = 2


class UnservableTypeError(UsageError):
    """The estimator holds something no server would load."""


class UntrustedTypeError(RefusedError):
    """An artifact names types this process is not allowed to load."""

    def __init__(self, types: Collection[str], trusted_types: Collection[str]) -> None:
        super().__init__(
            f"The artifact holds types that are not allowed here: {', '.join(sorted(types))}. "
            "Nothing of it was loaded. If you wrote or reviewed them, allow them: "
            f"{setting_with(types, trusted_types)}"
        )


def setting_with(types: Collection[str], trusted_types: Collection[str]) -> str:
    """Return the setting that trusts some types beside those already trusted."""
    return f"{SETTING}={','.join(sorted({*trusted_types, *types}))}"


def dump_estimator(estimator: object) -> bytes:
    """Return an estimator as skops bytes, compressed; equal estimators give equal bytes.

    Raises:
        UnservableTypeError: if something in it cannot be written at all.
    """
    try:
        return canonical_archive(skops_io.dumps(estimator))
    # Objects in an estimator are the user's and their __reduce__ may raise anything.
    except Exception as err:
        raise UnservableTypeError(
            f"Estimator {type_name(estimator)} cannot be stored: {type(err).__name__}: {err} "
            "Keep only plain values, arrays and scikit-learn objects in its attributes."
        ) from err


def untrusted_types(data: bytes) -> tuple[str, ...]:
    """Return the types of an artifact beyond those skops trusts by itself, sorted.

    Raises:
        IntegrityError: if the bytes are not a skops artifact.
    """
    _check_archive(data)
    try:
        return tuple(skops_io.get_untrusted_types(data=data))
    # Whatever a broken or planted file makes the reader raise: it is not an artifact of ours.
    except Exception as err:
        raise _unreadable(err) from err


def load_estimator(data: bytes, trusted_types: Collection[str] = ()) -> Estimator:
    """Load an estimator whose types are all allowed; nothing is imported before that is known.

    Another scikit-learn than the one that wrote it is logged; the golden rows decide.

    Raises:
        UntrustedTypeError: if it names a type that is neither ours nor trusted by the operator.
        IntegrityError: if the bytes are not a usable artifact.
    """
    found = untrusted_types(data)
    if refused := [t for t in found if t not in ALLOWED_TYPES and t not in trusted_types]:
        raise UntrustedTypeError(refused, trusted_types)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InconsistentVersionWarning)
        try:
            estimator = skops_io.loads(data, trusted=list(found))
        except Exception as err:
            raise _unreadable(err) from err
    for message in {str(c.message) for c in caught}:
        logger.warning("Loading an artifact: %s", message)
    if not hasattr(estimator, "predict"):
        raise IntegrityError(
            f"The artifact holds a {type_name(estimator)}, which cannot predict. Record the "
            "version again from a fitted estimator."
        )
    check_indices(estimator)
    return cast(Estimator, estimator)


def check_servable_types(estimator: object, trusted_types: Collection[str] = ()) -> None:
    """Check, fitted or not, that every server will be allowed to load an estimator.

    Raises:
        UnservableTypeError: naming every type that would be refused, and the setting to add.
    """
    found = untrusted_types(dump_estimator(kept_part(estimator)))
    own = [name for name in found if name not in ALLOWED_TYPES]
    homeless = [f"{name} ({why})" for name in own if (why := _why_homeless(name))]
    if homeless:
        raise UnservableTypeError(
            f"The estimator holds what no other process can import: {', '.join(homeless)}. "
            "Define it by name at the top level of models/<name>.py and import it from there."
        )
    if unknown := [name for name in own if name not in trusted_types]:
        raise UnservableTypeError(
            f"The estimator holds types a server does not load by itself: {', '.join(unknown)}. "
            "Allow them wherever versions are trained, gated and served: "
            f"{setting_with(unknown, trusted_types)}"
        )


def _why_homeless(name: str) -> str | None:
    module_name, _, attribute = name.rpartition(".")
    if attribute.startswith("<"):
        return "a lambda has no name to import it by"
    if module_name in {"__main__", "__mp_main__"}:
        return "it is defined in the script or notebook that was started"
    try:
        module = importlib.import_module(module_name)
    except ImportError:
        # A method is named by its class, which is no module; the list of types judges it.
        return None
    return None if hasattr(module, attribute) else f"not at the top level of {module_name}"


def _check_archive(data: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > MAX_UNPACKED_BYTES:
                raise IntegrityError(
                    f"The artifact would unpack to {unpacked} bytes, at most "
                    f"{MAX_UNPACKED_BYTES} are loaded. It was not loaded."
                )
            schema = json.loads(archive.read("schema.json"))
    except (BadZipFile, KeyError, ValueError, EOFError, OSError, NotImplementedError) as err:
        raise _unreadable(err) from err
    protocol = schema.get("protocol") if isinstance(schema, dict) else None
    if not isinstance(protocol, int) or protocol < OLDEST_PROTOCOL:
        raise IntegrityError(
            f"The artifact says it has skops protocol {protocol!r}; {OLDEST_PROTOCOL} or newer "
            "is loaded. Write it again with a current skops."
        )


def _unreadable(err: Exception) -> IntegrityError:
    return IntegrityError(
        f"The artifact cannot be read ({type(err).__name__}: {str(err)[:300]}). It is damaged, or "
        "not what Headgate wrote; restore it from a backup or train again."
    )
