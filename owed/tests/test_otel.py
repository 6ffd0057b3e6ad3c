"""Spans and links, read from the SDK's in-memory exporter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from owed import Declaration, Later, owe, registry
from owed.contrib import otel
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain
from owed.tracing import tracer

pytestmark = pytest.mark.django_db

provider = TracerProvider()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What was exported, with the ledger connected to a tracer for this test."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    if trace.get_tracer_provider() is not provider:
        trace.set_tracer_provider(provider)
    monkeypatch.setattr(tracer, "context", tracer.context)
    monkeypatch.setattr(tracer, "span", tracer.span)
    otel.connect()
    yield exporter
    exporter.shutdown()


class Ran:
    """What the bodies of this file were told to do, by number."""

    def __init__(self) -> None:
        self.raises: Exception | None = None


@pytest.fixture
def ran() -> Ran:
    return Ran()


@pytest.fixture
def note(ran: Ran) -> Iterator[Declaration[...]]:
    def note(*, n: int) -> None:
        if ran.raises:
            raise ran.raises
        if n:
            owe(effect.si(n=n - 1))

    effect = Declaration(name="traced.note", takes=note)
    registry.declare(effect)
    effect.runs(note)
    yield effect
    registry.drop(effect.name)


@pytest.fixture
def many() -> Iterator[Declaration[...]]:
    def many(*, n: int) -> None: ...

    effect = Declaration(name="traced.many", takes=many, batch=10)
    registry.declare(effect)
    effect.runs_many(lambda ns: None)
    yield effect
    registry.drop(effect.name)


def owe_in_a_span(name: str, *signatures: object) -> trace.SpanContext:
    with trace.get_tracer("test").start_as_current_span(name) as span, transaction.atomic():
        owe(*signatures, about="post:1")
    return span.get_span_context()


def of(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [each for each in exporter.get_finished_spans() if each.name == name]


def linked(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


class TestAnAttempt:
    def test_is_linked_to_what_owed_it_a_day_later(self, spans: InMemorySpanExporter, note: Declaration[...]) -> None:
        request = owe_in_a_span("request", note.si(n=0))
        Effect.objects.update(**{name: F(name) - timedelta(days=1) for name in ("created_at", "due_at", "wake_at")})
        sweep()
        drain()
        [attempt] = of(spans, "traced.note")
        assert (attempt.parent, linked(attempt)) == (None, [request.span_id])
        pk = Effect.objects.get().pk
        assert (attempt.attributes["owed.effect"], attempt.attributes["owed.attempt"]) == (f"e{pk}", 1)
        assert attempt.attributes["owed.hint"] == str(Effect.objects.get().hint)

    def test_is_linked_to_the_attempt_that_owed_it(self, spans: InMemorySpanExporter, note: Declaration[...]) -> None:
        owe_in_a_span("request", note.si(n=1))
        drain()
        first, second = of(spans, "traced.note")
        assert linked(second) == [first.context.span_id]

    def test_that_fails_says_why_without_personal_facts(
        self, spans: InMemorySpanExporter, note: Declaration[...], ran: Ran
    ) -> None:
        ran.raises = ConnectionError("no answer for reader@example.org")
        owe_in_a_span("request", note.si(n=0))
        drain()
        [attempt] = of(spans, "traced.note")
        assert attempt.status.status_code is trace.StatusCode.ERROR
        [event] = attempt.events
        assert event.attributes["exception.type"] == "ConnectionError"
        assert "ConnectionError" in attempt.status.description
        assert "reader@" not in attempt.to_json()

    def test_that_puts_itself_off_has_not_failed(self, spans: InMemorySpanExporter, note: Declaration[...], ran: Ran) -> None:
        ran.raises = Later(timedelta(minutes=1), "busy")
        owe_in_a_span("request", note.si(n=0))
        drain()
        [attempt] = of(spans, "traced.note")
        assert attempt.status.status_code is trace.StatusCode.UNSET
        assert "busy" in attempt.attributes["owed.later"]


class TestABatch:
    def test_is_linked_to_each_that_owed_some_of_it(self, spans: InMemorySpanExporter, many: Declaration[...]) -> None:
        requests = [owe_in_a_span("request", many.si(n=n)) for n in range(3)]
        drain()
        [batch] = of(spans, "traced.many")
        assert linked(batch) == [each.span_id for each in requests]
        assert batch.attributes["owed.effects"] == 3


class TestWithoutASpan:
    def test_nothing_is_kept_or_linked(self, spans: InMemorySpanExporter, note: Declaration[...]) -> None:
        with transaction.atomic():
            owe(note.si(n=0))
        assert Effect.objects.get().trace == ""
        drain()
        [attempt] = of(spans, "traced.note")
        assert linked(attempt) == []
