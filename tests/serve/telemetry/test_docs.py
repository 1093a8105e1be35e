"""The page about metrics and logs names what there is."""

import json
import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from serve.telemetry import Shed, TraceParent
from serve.telemetry.exposition import expose
from serve.telemetry.inputs import InputLog
from serve.telemetry.lines import RequestLines
from serve.telemetry.live_facts import LiveFacts
from serve.telemetry.metrics import Metrics
from tests.serve.telemetry.reading import a_request

PAGE = (Path(__file__).parents[3] / "docs/telemetry.md").read_text(encoding="utf-8")


def test_every_metric_is_on_the_page_with_its_type() -> None:
    registry = CollectorRegistry()
    registry.register(LiveFacts())
    text = expose(Metrics().registry, registry, None).decode()

    exposed = set(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    described = set(re.findall(r"^\| `([a-z_]+)[^`]*` \| (\w+) \|", PAGE, re.MULTILINE))

    assert exposed == described


def test_every_key_of_a_requests_line_is_on_the_page() -> None:
    whole = a_request(
        trace=TraceParent("a" * 32, "b" * 16, "01"), inputs=[], address="::1", shed=Shed("busy")
    )
    (line,) = RequestLines("json", InputLog()).render([whole], "now")

    assert [key for key in json.loads(line) if f"`{key}`" not in PAGE] == []
