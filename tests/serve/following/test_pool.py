"""How many versions stay in memory, and which."""

from datetime import UTC, datetime

import pytest

from headgate.settings import Settings
from headgate.store import Store
from serve.cache import Cache
from serve.following.loading import Load, loader
from serve.following.pool import Pool
from serve.live import LiveModel
from tests.serve.making import a_served_version, price


@pytest.fixture
def load(settings: Settings, store: Store) -> Load:
    return loader(store, Cache(settings.store_cache, settings.cache_max_bytes), settings)


def versions(store: Store, load: Load, n: int, n_bytes: int = 100) -> list[LiveModel]:
    manifests = [a_served_version(store, "price", price(k)) for k in range(n)]
    now = datetime.now(UTC)
    return [LiveModel(m, load(m).scorer, None, now, n_bytes) for m in manifests]


def test_the_least_recently_used_go_first(store: Store, load: Load) -> None:
    pool = Pool(max_models=2, max_bytes=10**6)
    one, two, three = versions(store, load, 3)
    pool.keep(one)
    pool.keep(two)
    pool.find("price", "v0001")
    pool.keep(three)

    removed = pool.trim(())

    assert removed == [("price", "v0002")]
    assert pool.find("price", "v0001") is one
    assert pool.find("price", "v0002") is None


def test_the_bytes_are_bounded_too(store: Store, load: Load) -> None:
    pool = Pool(max_models=10, max_bytes=250)
    for live in versions(store, load, 3):
        pool.keep(live)

    pool.trim(())

    assert (len(pool), pool.n_bytes) == (2, 200)


def test_what_plays_a_part_stays_though_it_is_too_much(store: Store, load: Load) -> None:
    pool = Pool(max_models=1, max_bytes=1)
    one, two = versions(store, load, 2)
    pool.keep(one)
    pool.keep(two)

    removed = pool.trim({("price", "v0001"), ("price", "v0002")})

    assert removed == []
    assert len(pool) == 2


def test_what_is_loaded_is_counted_by_the_artifacts_that_were_read(
    store: Store, load: Load
) -> None:
    manifest = a_served_version(store, "price", price())

    assert load(manifest).n_bytes == sum(file.size for file in manifest.files.values())
