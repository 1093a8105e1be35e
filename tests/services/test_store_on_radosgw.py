"""The store on a real S3 service, which unlike moto checks signatures, digests and races."""

import pytest

from headgate.errors import UsageError
from headgate.store import Store, open_store, prove_put_if_absent
from headgate.store.s3 import S3Store
from tests.fixtures_s3 import use_s3
from tests.headgate.store.conformance import StoreConformance
from tests.headgate.store.racing import N_PROCESSES, body_of, race
from tests.headgate.store.unreliable import Fault, unreliable

pytestmark = pytest.mark.services


class TestS3Store(StoreConformance):
    @pytest.fixture
    def store(self, radosgw_url: str) -> Store:
        return open_store(radosgw_url)


class TestS3StoreOfAWholeBucketWithSmallPages(StoreConformance):
    @pytest.fixture
    def store(self, radosgw_url: str) -> Store:
        bucket, _, _ = radosgw_url.removeprefix("s3://").partition("/")
        return S3Store(bucket, page_size=2)


def test_of_sixteen_processes_exactly_one_wins_each_round(radosgw_url: str) -> None:
    rounds = race(radosgw_url, n_rounds=50)

    assert [len(each.winners) for each in rounds] == [1] * 50
    assert all(each.seen == {body_of(each.winners[0])} for each in rounds)
    assert len({each.winners[0] for each in rounds}) > N_PROCESSES / 4


def test_the_store_proves_itself_every_time(radosgw_url: str) -> None:
    store = open_store(radosgw_url)

    for _ in range(5):
        prove_put_if_absent(store)

    assert list(store.list("")) == []


@pytest.mark.parametrize(
    "fault", [Fault.LOSE_REPLY, Fault.LOSE_REQUEST, Fault.BAD_GATEWAY, Fault.ALTER_BODY]
)
def test_a_put_that_met_a_fault_is_carried_out_whole(
    radosgw_url: str, radosgw_endpoint: str, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    with unreliable(radosgw_endpoint) as plan:
        use_s3(monkeypatch, plan.endpoint)
        store = open_store(radosgw_url)
        plan.faults = [fault]

        won = store.put_if_absent("ledger/1.json", b"mine")

        assert won
        assert plan.n_requests == 2
        assert store.get("ledger/1.json") == b"mine"


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials_say_what_to_check_and_are_never_shown(
    radosgw_url: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hush")
    store = open_store(radosgw_url)

    with pytest.raises(UsageError, match="check AWS_ACCESS_KEY_ID") as caught:
        store.put_if_absent("ledger/1.json", b"mine")

    assert "hush" not in str(caught.value)
