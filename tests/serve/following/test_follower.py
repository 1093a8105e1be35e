"""One look at the ledger after another: what is loaded, tried again and told."""

import logging
from pathlib import Path

import pytest

from headgate.documents.version import Manifest
from headgate.errors import UnreachableError
from headgate.ledger import promotion
from headgate.ledger.holding import hold
from headgate.settings import Settings
from headgate.store import Store
from serve.cache import Cache
from serve.following.follower import Follower
from serve.following.loading import Loaded, loader
from serve.live import Live
from tests.builders import an_act
from tests.serve.making import a_live_model, a_served_version, price, promoted
from tests.serve.spoiling import spoil


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class UnreliableStore:
    """A store whose reads fail while it is told to be away."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.url = store.url
        self.away = False

    def __getattr__(self, name: str) -> object:
        if self.away:
            raise UnreachableError("The store is away.")
        return getattr(self._store, name)


def a_follower(
    store: Store, settings: Settings, *serve: str, clock: Clock | None = None
) -> Follower:
    chosen = settings.model_copy(update={"serve": serve})
    cache = Cache(settings.store_cache, settings.cache_max_bytes)
    load = loader(store, cache, chosen)
    return Follower(store, Live(), chosen, load, cache, clock=clock or Clock())


def test_a_new_model_that_cannot_be_loaded_leaves_a_ready_server_ready(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price())
    clock = Clock()
    follower = a_follower(store, settings, clock=clock)
    follower.look()
    bad = a_served_version(store, "rent", price(2))
    spoil(store, bad)
    promoted(store, bad)
    clock.now = 10

    follower.look()

    assert follower.live.ready
    assert "SHA-256" in str(follower.live.watched["rent"].failure)


def test_a_server_that_starts_with_a_model_it_cannot_load_is_not_ready(
    settings: Settings, store: Store
) -> None:
    bad = a_served_version(store, "rent", price())
    spoil(store, bad)
    promoted(store, bad)
    follower = a_follower(store, settings)

    follower.look()

    assert not follower.live.ready


def test_a_version_that_cannot_be_loaded_is_tried_again_ever_more_rarely(
    settings: Settings, store: Store
) -> None:
    manifest = a_served_version(store, "price", price())
    promoted(store, manifest)
    spoil(store, manifest)
    clock = Clock()
    follower = a_follower(store, settings, clock=clock)
    load, tries = follower.obtainer.load, []

    def counted(wanted: Manifest) -> Loaded:
        tries.append(clock.now)
        return load(wanted)

    follower.obtainer.load = counted
    for tenth in range(600):
        clock.now = tenth / 10
        follower.look()

    assert tries == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0]


def test_a_new_ledger_entry_ends_the_pause_after_a_failure(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    follower = a_follower(store, settings)
    follower.look()
    bad = a_served_version(store, "price", price(2))
    spoil(store, bad)
    promoted(store, bad)
    follower.look()
    failing = follower.live.watched["price"].failure
    a_live_model(store, "price", price(3))

    follower.look()

    assert failing is not None
    assert follower.live.find("price").version == "v0003"
    assert follower.live.watched["price"].failure is None


def test_an_entry_that_leaves_the_champion_loads_nothing_but_is_seen(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price())
    follower = a_follower(store, settings)
    follower.look()
    before = follower.live.find("price")
    hold(store, "price", an_act())

    follower.look()

    after = follower.live.find("price")
    assert after.scorer is before.scorer
    assert (before.seq, after.seq) == (1, 2)


def test_an_altered_ledger_stops_one_model_only(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    a_live_model(store, "rent", price(1))
    follower = a_follower(store, settings)
    follower.look()
    a_live_model(store, "price", price(2))
    entry = Path(store.uri("models/price/ledger/00000002.json"))
    whole = entry.read_bytes()
    entry.write_bytes(whole.replace(b"a reason", b"A reason"))
    a_live_model(store, "rent", price(2))

    follower.look()
    altered = follower.live.watched["price"]
    entry.write_bytes(whole)
    follower.look()

    assert altered.live is not None
    assert altered.live.version == "v0001"
    assert "altered" in str(altered.failure)
    assert follower.live.find("rent").version == "v0002"
    assert follower.live.find("price").version == "v0002"
    assert follower.live.watched["price"].failure is None


def test_a_store_that_is_away_leaves_everything_serving_and_is_told(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price())
    unreliable = UnreliableStore(store)
    follower = a_follower(store, settings)
    follower.look()
    follower.store = unreliable  # type: ignore[assignment]
    unreliable.away = True

    follower.look()
    problem = follower.live.store_problem
    unreliable.away = False
    follower.look()

    assert follower.live.find("price").version == "v0001"
    assert problem == "The store is away."
    assert follower.live.store_problem is None
    assert follower.live.ready


def test_a_server_whose_store_was_never_read_is_not_ready(settings: Settings, store: Store) -> None:
    unreliable = UnreliableStore(store)
    unreliable.away = True
    follower = a_follower(store, settings)
    follower.store = unreliable  # type: ignore[assignment]

    follower.look()

    assert not follower.live.ready


def test_promoting_through_the_library_is_what_the_follower_sees(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    second = a_served_version(store, "price", price(2))
    follower = a_follower(store, settings, "price")
    follower.look()

    promotion.promote(store, "price", second.version, an_act(), override=True)
    follower.look()

    assert follower.live.find(None).version == "v0002"


def test_a_store_that_is_reachable_is_no_warning(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    a_live_model(store, "price", price())
    unreliable = UnreliableStore(store)
    follower = a_follower(unreliable, settings)  # type: ignore[arg-type]

    with caplog.at_level(logging.INFO, "serve.following.follower"):
        for unreliable.away in (False, True, False):
            follower.look()

    told = [r.levelname for r in caplog.records if r.getMessage().startswith("store=")]
    assert told == ["INFO", "WARNING", "INFO"]


@pytest.mark.parametrize("serve", ["price@v0001", "rent"])
def test_what_an_empty_store_never_had_is_not_called_lost(
    settings: Settings, store: Store, serve: str
) -> None:
    clock = Clock()
    follower = a_follower(store, settings, serve, clock=clock)

    for clock.now in (0.0, 10.0):
        follower.look()

    assert follower.live.store_problem is None
    assert not follower.live.ready
