import pytest

from headgate.errors import UsageError
from headgate.names import (
    VersionRef,
    check_model_name,
    check_run_id,
    derive_run_id,
    version_name,
    version_number,
)


@pytest.mark.parametrize("run_id", ["a", "A-b_9", "x" * 64])
def test_a_run_id_of_letters_digits_and_dashes_is_accepted(run_id: str) -> None:
    assert check_run_id(run_id) == run_id


@pytest.mark.parametrize("run_id", ["", "x" * 65, "a/b", "..", "a b", "ä", "a\n"])
def test_a_run_id_that_could_leave_its_folder_is_refused(run_id: str) -> None:
    with pytest.raises(UsageError, match="run_id"):
        check_run_id(run_id)


@pytest.mark.parametrize("model", ["Iris", "1iris", "a-b", "", "a/b", "x" * 64])
def test_a_model_name_is_a_lower_case_python_name(model: str) -> None:
    with pytest.raises(UsageError, match="Model name"):
        check_model_name(model)


def test_versions_sort_as_numbers_beyond_four_digits() -> None:
    names = [version_name(n) for n in (9999, 10000, 2)]

    assert sorted(names, key=version_number) == ["v0002", "v9999", "v10000"]


@pytest.mark.parametrize("version", ["v0", "v0000", "3", "V0001", "v1"])
def test_what_is_not_written_as_a_version_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match="v0001"):
        version_number(version)


def test_a_reference_names_a_model_a_version_or_the_champion() -> None:
    assert VersionRef.parse("iris") == VersionRef("iris")
    assert VersionRef.parse("iris@v0003") == VersionRef("iris", "v0003")
    assert VersionRef.parse("iris@champion") == VersionRef("iris", "champion")
    with pytest.raises(UsageError):
        VersionRef.parse("iris@best")


def test_a_derived_run_id_is_stable_and_never_too_long() -> None:
    assert derive_run_id("r1", "gate") == "r1-gate"
    assert derive_run_id("x" * 64, "promote") == derive_run_id("x" * 64, "promote")
    assert check_run_id(derive_run_id("x" * 64, "promote"))
    assert derive_run_id("x" * 64, "promote") != derive_run_id("x" * 63 + "y", "promote")
