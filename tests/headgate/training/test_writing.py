"""The files of one attempt."""

import pytest

from headgate.artifacts.files import parts_of, read_from
from headgate.documents.base import sha256_of
from headgate.errors import IntegrityError, UsageError
from headgate.store import Store
from headgate.training.writing import Place, write_files

PLACE = Place("iris", "r1", 1)


def test_files_are_described_as_they_are_stored(store: Store) -> None:
    files = write_files(store, PLACE, {"a.txt": b"abc"})

    assert files["a.txt"].key == "models/iris/artifacts/r1/0001/a.txt"
    assert (files["a.txt"].size, files["a.txt"].sha256) == (3, sha256_of(b"abc"))
    assert store.get(files["a.txt"].key) == b"abc"


def test_writing_the_same_again_changes_nothing(store: Store) -> None:
    first = write_files(store, PLACE, {"a.txt": b"abc"})

    assert write_files(store, PLACE, {"a.txt": b"abc"}) == first


def test_other_bytes_in_the_same_place_are_refused(store: Store) -> None:
    write_files(store, PLACE, {"a.txt": b"abc"})

    with pytest.raises(IntegrityError, match="resubmit the run"):
        write_files(store, PLACE, {"a.txt": b"xyz"})


def test_a_large_file_is_stored_in_parts_and_read_back_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headgate.artifacts.files.cut.__defaults__", (4,))

    files = write_files(store, PLACE, {"model.skops": b"0123456789", "a.txt": b"abc"})

    assert sorted(files) == [
        "a.txt",
        "model.skops.part-0000",
        "model.skops.part-0001",
        "model.skops.part-0002",
    ]
    assert len(parts_of(files, "model.skops")) == 3
    assert read_from(store, files, "model.skops", "it") == b"0123456789"


@pytest.mark.parametrize("place", [Place("Iris", "r1", 1), Place("iris", "../r1", 1)])
def test_a_name_that_could_lead_elsewhere_is_refused(store: Store, place: Place) -> None:
    with pytest.raises(UsageError):
        write_files(store, place, {"a.txt": b"abc"})
