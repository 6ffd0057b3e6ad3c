"""Spans of OpenTelemetry: one around each attempt, or batch, linked to the span in which the effect was owed.

The context is in the effect's row, so that the link holds however much later the attempt is. Call connect() once in each
process, such as in AppConfig.ready(). What a failed attempt raised is in its span as the ledger keeps it: scrubbed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ..claiming import Claimed
from ..outcomes import Later, LostLease
from ..scrubbing import describe
from ..tracing import tracer

MOST_LINKS = 100
"""Links of a batch's span: the SDK keeps 128."""

_propagator = TraceContextTextMapPropagator()


def connect() -> None:
    """Let effects carry the context in which they are owed, and each attempt have a span of the global tracer provider."""
    tracer.context, tracer.span = traceparent, span


def traceparent() -> str:
    """Return the current span's context as W3C's header has it; empty where there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def span(claimed: Sequence[Claimed]) -> Iterator[None]:
    """Follow what is done for these effects, all of one task. Its error rises."""
    links = [trace.Link(context) for context in map(_context, _traces(claimed)) if context.is_valid]
    ours = trace.get_tracer("owed").start_as_current_span(
        claimed[0].task,
        kind=trace.SpanKind.CONSUMER,
        links=links,
        attributes=_facts(claimed),
        record_exception=False,
        set_status_on_exception=False,
    )
    with ours as current:
        try:
            yield
        except Later as error:
            current.set_attribute("owed.later", describe(error))
            raise
        except LostLease:
            current.set_attribute("owed.lost", True)
            raise
        except Exception as error:
            current.add_event("exception", {"exception.type": type(error).__qualname__, "exception.message": describe(error)})
            current.set_status(trace.StatusCode.ERROR, describe(error))
            raise


def _traces(claimed: Sequence[Claimed]) -> list[str]:
    return list(dict.fromkeys(each.trace for each in claimed if each.trace))[:MOST_LINKS]


def _context(parent: str) -> trace.SpanContext:
    return trace.get_current_span(_propagator.extract({"traceparent": parent})).get_span_context()


def _facts(claimed: Sequence[Claimed]) -> dict[str, str | int]:
    effect, *others = claimed
    if others:
        return {"owed.effects": len(claimed), "owed.hint": str(effect.hint)}
    said = {"owed.about": effect.about, "owed.origin": effect.origin}
    return {
        "owed.effect": f"e{effect.id}",
        "owed.attempt": effect.attempt,
        "owed.hint": str(effect.hint),
        **{name: value for name, value in said.items() if value},
    }
