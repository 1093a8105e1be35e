"""The files of one attempt of one training run; nobody else writes there."""

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.artifacts.files import cut
from headgate.documents.base import sha256_of
from headgate.documents.version import StoredFile
from headgate.errors import IntegrityError
from headgate.names import check_model_name, check_run_id
from headgate.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Where one attempt of one training run writes.

    >>> Place("iris", "r1", 2).key("model.skops")
    'models/iris/artifacts/r1/0002/model.skops'
    """

    model: str
    run_id: str
    attempt: int

    def key(self, name: str) -> str:
        folder = f"models/{check_model_name(self.model)}/artifacts/{check_run_id(self.run_id)}"
        return f"{folder}/{self.attempt:04d}/{name}"


def write_files(store: Store, place: Place, files: Mapping[str, bytes]) -> dict[str, StoredFile]:
    """Store files under their names and return what they are; repeating it changes nothing.

    A file that is too large for one object is stored in parts, each under a name of its own.

    Raises:
        IntegrityError: if other bytes are there already.
    """
    written: dict[str, StoredFile] = {}
    for whole, data in files.items():
        for name, part in cut(whole, data).items():
            key = place.key(name)
            if not store.put_if_absent(key, part):
                raise IntegrityError(
                    f"{key!r} holds other bytes than this attempt would write. Only attempt "
                    f"{place.attempt} of run {place.run_id!r} writes there: resubmit the run, so "
                    "that it opens another attempt."
                )
            written[name] = StoredFile(key=key, size=len(part), sha256=sha256_of(part))
    return written
