"""What is counted, under which names and labels, and that clients cannot make it grow."""

import pytest
from prometheus_client import CollectorRegistry, Histogram

from serve.telemetry.exposition import expose
from serve.telemetry.histogram import BatchHistogram
from serve.telemetry.metrics import MOST_LABELS, REQUEST_SECONDS, Metrics
from tests.serve.telemetry.reading import a_request, samples, total


def shown(metrics: Metrics) -> str:
    return expose(metrics.registry, CollectorRegistry(), None).decode()


def test_a_batch_is_counted_under_the_names_of_the_design() -> None:
    metrics = Metrics()

    metrics.count([a_request(), a_request(latency_seconds=0.2), a_request(status=422, label=None)])

    text = shown(metrics)
    assert 'request_count{endpoint="/predict",model_name="flower",status="200"} 2.0\n' in text
    assert 'request_count{endpoint="/predict",model_name="flower",status="422"} 1.0\n' in text
    assert 'predictions_total{label="rose",model="flower",version="v0001"} 2.0\n' in text
    assert total(text, "request_latency_seconds_count", model_name="flower") == 3
    assert total(text, "request_latency_seconds_bucket", le="0.0025") == 2
    assert "# TYPE request_count counter\n" in text
    assert "_created" not in text
    assert "request_count_total" not in text


def test_the_rows_of_a_batch_are_counted_by_their_labels() -> None:
    metrics = Metrics()

    metrics.count([a_request(label=None, labels=("rose", "iris", "rose"), n_rows=4)])

    assert total(shown(metrics), "predictions_total", label="rose") == 2
    assert total(shown(metrics), "predictions_total", label="iris") == 1


def test_a_regression_is_counted_without_a_label() -> None:
    metrics = Metrics()

    metrics.count([a_request(label="")])

    assert total(shown(metrics), "predictions_total", label="") == 1


def test_labels_beyond_the_limit_are_counted_together() -> None:
    metrics = Metrics()
    labels = [f"class-{i}" for i in range(MOST_LABELS + 30)]

    for _ in range(2):
        metrics.count([a_request(label=label) for label in labels])
    metrics.count(
        [a_request(model="digits", label="7"), a_request(version="v0002", label="class-1")]
    )

    found = {name for name in samples(shown(metrics)) if name.startswith("predictions_total")}
    assert sum("model=flower" in n and "version=v0001" in n for n in found) == MOST_LABELS + 1
    assert total(shown(metrics), "predictions_total", model="flower", label="other") == 60
    assert total(shown(metrics), "predictions_total", model="digits", label="7") == 1
    assert total(shown(metrics), "predictions_total", version="v0002", label="class-1") == 1


@pytest.mark.parametrize("amounts", [[0.0], [0.0005, 0.00051, 3.0, 3.0], [11.0, 0.004], []])
def test_observing_a_batch_is_observing_each_of_it(amounts: list[float]) -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    each = Histogram("seconds", "", registry=registries[0], buckets=REQUEST_SECONDS)
    together = BatchHistogram("seconds", "", registry=registries[1], buckets=REQUEST_SECONDS)

    for amount in amounts:
        each.observe(amount)
    together.observe_all(amounts)

    texts = [expose(registry, CollectorRegistry(), None).decode() for registry in registries]
    assert samples(texts[0]) == pytest.approx(samples(texts[1]))


def test_a_label_that_looks_like_a_name_is_left_alone() -> None:
    metrics = Metrics()

    metrics.count([a_request(label="\nrequest_count_total{")])

    assert r'label="\nrequest_count_total{"' in shown(metrics)


def test_the_queue_is_not_a_number_before_it_was_counted() -> None:
    assert "queue_depth NaN\n" in shown(Metrics())
