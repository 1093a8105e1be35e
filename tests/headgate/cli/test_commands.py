from pathlib import Path

import pytest

from headgate.cli.main import COMMANDS, headgate
from headgate.store import Store
from tests.builders import a_champion, a_report, a_version, an_act
from tests.headgate.cli.conftest import Cli


def test_headgate_alone_shows_the_five_a_newcomer_needs_first(cli: Cli) -> None:
    said = cli()

    assert said.code == 0
    first = said.out.index("Begin with")
    shown = [said.out.index(f"  {name} ", first) for name in ("demo", "new", "retrain", "predict")]
    assert shown == sorted(shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_takes_json(name: str, cli: Cli) -> None:
    said = cli(name, "--help")

    assert said.code == 0
    assert "--json" in said.out
    assert headgate.get_command(None, name) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("ledger",), ("promote", "iris"), ("ledger", "Iris!")]
)
def test_wrong_usage_exits_2_and_says_why(arguments: tuple[str, ...], cli: Cli) -> None:
    said = cli(*arguments)

    assert said.code == 2
    assert said.err
    assert "Traceback" not in said.err


def test_an_error_is_one_json_object_with_json(cli: Cli) -> None:
    said = cli("models", "iris", "--json")

    assert said.code == 1
    assert said.document["error"] == "ModelNotFoundError"
    assert said.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "iris"),
        ("retrain", "iris"),
        ("gate", "iris", "v0001"),
        ("promote", "iris", "v0001"),
        ("infer", "iris", "--input", "x.csv"),
        ("predict", "iris", "{}"),
        ("deploy",),
        ("worker",),
    ],
)
def test_what_needs_a_stack_says_how_to_start_one_and_exits_5(
    arguments: tuple[str, ...], cli: Cli, store: Store
) -> None:
    a_version(store)

    said = cli(*arguments)

    assert said.code == 5
    assert "headgate up" in said.err


def test_models_shows_champion_and_latest_apart(cli: Cli, store: Store) -> None:
    a_champion(store)
    a_version(store)

    assert cli("models", "--json").document["models"] == [
        {"model": "iris", "champion": "v0001", "latest": "v0002", "hold": False}
    ]
    assert "champion" in cli("models", "iris").out


def test_promote_direct_needs_no_prefect(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store))

    said = cli("promote", "iris", "v0001", "--direct", "--json")

    assert said.code == 0
    assert (said.document["seq"], said.document["version"]) == (1, "v0001")
    assert "(local)" in str(said.document["by"])


def test_promote_direct_is_refused_without_a_pass_with_exit_3(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store), "FAIL")

    assert cli("promote", "iris@v0001", "--direct").code == 3


def test_an_undecided_version_exits_6(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store), "INCONCLUSIVE")

    assert cli("promote", "iris@v0001", "--direct").code == 6


def test_a_lost_race_exits_4_and_names_the_winner(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store))
    winner = a_champion(store)

    said = cli("promote", "iris", "v0001", "--direct")

    assert said.code == 4
    assert f"iris@{winner.state.champion}" in said.err


def test_an_override_needs_a_reason_and_is_written_down(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store), "FAIL")

    assert cli("promote", "iris", "v0001", "--override").code == 2
    assert cli("promote", "iris", "v0001", "--override", "--reason", "demo day").code == 0
    assert "promote (override)" in cli("ledger", "iris").out


def test_an_override_by_nobody_known_is_refused(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_API_KEYS", f"ci:operate:sha256${'0' * 64}")
    a_version(store)

    assert cli("promote", "iris", "v0001", "--override", "--reason", "x").code == 3


def test_hold_and_release_work_with_prefect_away(cli: Cli, store: Store) -> None:
    a_report(store, a_version(store))

    assert cli("hold", "iris", "--reason", "odd numbers").code == 0
    assert cli("promote", "iris", "v0001", "--direct").code == 3
    assert cli("release", "iris", "--reason", "they were right").code == 0
    assert cli("promote", "iris", "v0001", "--direct").code == 0


def test_the_champion_is_neither_judged_nor_promoted_again(cli: Cli, store: Store) -> None:
    a_champion(store)

    for command in (("gate", "iris@champion"), ("promote", "iris", "v0001", "--direct")):
        said = cli(*command)
        assert said.code == 1
        assert "champion" in said.err


def test_a_mistyped_model_is_not_held_and_has_no_ledger(cli: Cli, store: Store) -> None:
    a_version(store)

    assert cli("hold", "irsi", "--reason", "x").code == 1
    assert cli("ledger", "irsi").code == 1


def test_an_input_that_is_not_there_is_refused_before_anything_starts(
    cli: Cli, store: Store, tmp_path: Path
) -> None:
    a_champion(store)

    said = cli("infer", "iris", "--input", str(tmp_path / "gone.csv"))

    assert said.code in (1, 5)
    assert list(store.list("runs/")) == []


def test_wrong_usage_is_one_json_object_too(cli: Cli) -> None:
    said = cli("train", "--json")

    assert (said.code, said.document["error"]) == (2, "UsageError")


def test_the_ledger_tells_the_champion_of_a_time(cli: Cli, store: Store) -> None:
    entry = a_champion(store)

    at = cli("ledger", "iris", "--at", entry.at.isoformat(), "--json")
    before = cli("ledger", "iris", "--at", "2020-01-01T00:00:00Z", "--json")

    assert (at.document["champion"], before.document["champion"]) == ("v0001", None)
    assert cli("ledger", "iris", "--at", "yesterday").code == 2
    assert cli("ledger", "iris", "--at", "2020-01-01T00:00:00").code == 2


def test_verify_names_the_altered_entry(cli: Cli, store: Store, tmp_path: Path) -> None:
    for _ in range(3):
        a_champion(store)
    assert cli("ledger", "iris", "--verify").code == 0
    entry = tmp_path / "store/models/iris/ledger/00000002.json"
    entry.write_bytes(entry.read_bytes().replace(b"a reason", b"no reason"))

    said = cli("ledger", "iris", "--verify")

    assert said.code == 1
    assert "entry 2 " in said.err


def test_gc_tells_before_it_removes(cli: Cli, store: Store) -> None:
    store.put_if_absent(".probe/old/1", b"x")

    assert cli("gc", "--dry-run", "--json").document["removed"] == []
    assert cli("gc", "--json").code == 0
    assert an_act().by.kind == "local"


def test_doctor_tells_what_is_well_and_what_is_not_up(cli: Cli) -> None:
    said = cli("doctor")

    assert said.code == 0
    assert "ok      store" in said.out
    assert "not up  prefect" in said.out


def test_commands_of_the_tree_say_so_outside_a_checkout(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = cli("up")

    assert said.code == 2
    assert "not in a Headgate checkout" in said.err


def test_a_canary_is_started_finished_and_told(cli: Cli, store: Store) -> None:
    a_champion(store)
    a_report(store, a_version(store))

    started = cli("promote", "iris", "v0002", "--canary", "10%", "--direct", "--json")
    shown = cli("ledger", "iris")
    finished = cli("promote", "iris", "v0002", "--direct", "--json")

    assert started.code == 0
    assert (started.document["version"], started.document["previous"]) == ("v0002", "v0001")
    assert started.document["canary"] == {"version": "v0002", "share": 0.1}
    assert "v0002 10%" in shown.out
    assert (finished.document["version"], finished.document["canary"]) == ("v0002", None)


@pytest.mark.parametrize("share", ["0%", "100%", "10", "much"])
def test_what_is_no_share_for_a_canary_exits_2(share: str, cli: Cli, store: Store) -> None:
    a_champion(store)
    a_report(store, a_version(store))

    assert cli("promote", "iris", "v0002", "--canary", share, "--direct").code == 2


def test_while_a_canary_is_on_another_promotion_exits_3(cli: Cli, store: Store) -> None:
    a_champion(store)
    for version in (a_version(store), a_version(store)):
        a_report(store, version)
    cli("promote", "iris", "v0002", "--canary", "10%", "--direct")

    said = cli("promote", "iris", "v0003", "--direct")

    assert said.code == 3
    assert "headgate rollback iris" in said.err
