"""Counts each answer under the name of its route: an address may name a reader, and there are endlessly many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import accumulate

from django.http import HttpRequest, HttpResponse
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.middleware import http_figures

GetResponse = Callable[[HttpRequest], HttpResponse]
NO_ROUTE = "none"
"""Of what no view answered: a static file, a redirect of an old address, a page that does not exist."""


def http_metrics(get_response: GetResponse) -> GetResponse:
    """Middleware: count the answer, and how long it took until its first byte."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else ""
        http_figures.count(route or NO_ROUTE, response.status_code, time.perf_counter() - began)
        return response

    return answer


class HttpCollector(Collector):
    """Requests of all processes of this gunicorn, since its master began."""

    def collect(self) -> Iterator[Metric]:
        answers = http_figures.totals()
        requests = CounterMetricFamily("afterword_http_requests", "Requests that were answered.", labels=["route", "status"])
        routes: dict[str, http_figures.Answers] = {}
        for (route, status), each in sorted(answers.items()):
            requests.add_metric([route, status], sum(each.buckets))
            routes.setdefault(route, http_figures.Answers()).add(each.seconds, each.buckets)
        yield requests
        yield _times(routes)


def _times(routes: dict[str, http_figures.Answers]) -> Metric:
    says = "How long an answer took until its first byte."
    times = HistogramMetricFamily("afterword_http_request_seconds", says, labels=["route"])
    limits = [*(f"{bound:g}" for bound in http_figures.BOUNDS), "+Inf"]
    for route, each in routes.items():
        times.add_metric([route], list(zip(limits, accumulate(each.buckets), strict=True)), each.seconds)
    return times
