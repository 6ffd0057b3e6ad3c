"""What is counted of requests: routes by name, over all processes, and never an address."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.test import Client
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.middleware import http_figures
from app.middleware.http_metrics import HttpCollector
from tests.factories import Publish


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing was counted yet."""
    empty = bytes(len(http_figures._memory))
    http_figures._memory[:] = empty
    http_figures.use_part(0)
    yield
    http_figures._memory[:] = empty
    http_figures.use_part(0)


def scraped() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(HttpCollector())
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {f"{each.name}{sorted(each.labels.values())}": each.value for family in families for each in family.samples}


@pytest.mark.django_db
def test_counts_by_route_and_status_and_names_no_address(client: Client, publish: Publish) -> None:
    post = publish("A post")
    for path in ("/healthz", "/healthz", post.get_absolute_url(), "/no/such/page/reader@example.org"):
        client.get(path)
    found = scraped()
    assert found["afterword_http_requests_total['200', 'healthz']"] == 2
    assert found["afterword_http_request_seconds_count['healthz']"] == 2
    assert found["afterword_http_requests_total['404', 'none']"] == 1
    assert not any(post.slug in name or "reader" in name for name in found)


def test_adds_up_processes_and_goes_on_where_one_ended() -> None:
    for number in (1, 2, 1):
        child = os.fork()
        if not child:
            http_figures.use_part(number)
            http_figures.count("home", 200, 0.03)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    found = scraped()
    assert found["afterword_http_requests_total['200', 'home']"] == 3
    assert found["afterword_http_request_seconds_bucket['0.01', 'home']"] == 0
    assert found["afterword_http_request_seconds_bucket['0.05', 'home']"] == 3
    assert found["afterword_http_request_seconds_sum['home']"] == pytest.approx(0.09)


def test_keeps_within_its_memory() -> None:
    for number in range(1000):
        http_figures.count(f"view-{number}", 200, 9.0)
    http_figures.use_part(1)
    http_figures.count("home", 200, 9.0)
    found = http_figures.totals()
    assert sum(sum(each.buckets) for each in found.values()) == 1001
    assert sum(found["home", "200"].buckets) == 1
    assert sum(found["other", "0"].buckets) > 500
