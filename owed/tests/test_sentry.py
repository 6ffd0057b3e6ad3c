"""The receiver that the page on tracing shows, with Sentry's SDK and a transport that keeps what it is given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from django.db import transaction
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from owed import Declaration, GiveUp, owe, registry
from owed.models import Effect
from owed.signals import effect_settled
from owed.testing import drain

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[1] / "docs" / "howto" / "tracing.md"
SNIPPET = re.compile(r"^```python\n# shop/sentry.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Kept(Transport):
    """A transport that sends nothing."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        if event := envelope.get_event():
            self.events.append(dict(event))


@pytest.fixture
def sentry() -> Iterator[Kept]:
    """Sentry's client with the page's receiver, connected for this test."""
    shown: dict[str, Any] = {}
    exec(SNIPPET.findall(PAGE.read_text())[0], shown)
    transport = Kept()
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(
            sentry_sdk.Client(
                dsn="http://key@127.0.0.1/1",
                transport=transport,
                before_send=shown["without_personal_facts"],
                include_local_variables=False,
                default_integrations=False,
                auto_enabling_integrations=False,
            )
        )
        yield transport
    effect_settled.disconnect(dispatch_uid="shop.report_failures")


def run(error: Exception, attempts: int = 20) -> Effect:
    """Run an effect once whose body raises the error. Return its row."""

    def fail(*, n: int) -> None:
        raise error

    effect = Declaration(name="sentry.fail", takes=fail, max_attempts=attempts)
    registry.declare(effect)
    effect.runs(fail)
    try:
        with transaction.atomic():
            owe(effect.si(n=1), about="post:1")
        drain()
    finally:
        registry.drop(effect.name)
    return Effect.objects.get()


def test_gets_what_failed_for_good_and_where(sentry: Kept) -> None:
    effect = run(ConnectionError("no answer for reader@example.org"), attempts=1)
    [event] = sentry.events
    [raised] = event["exception"]["values"]
    assert (raised["type"], raised["value"]) == ("ConnectionError", "no answer for [address]")
    assert raised["stacktrace"]["frames"][-1]["function"] == "fail"
    assert event["contexts"]["effect"]["id"] == f"e{effect.pk}"
    assert event["tags"] == {"effect.task": "sentry.fail", "effect.outcome": "dead"}
    assert "reader@" not in json.dumps(event, default=str)


def test_gets_what_gave_up(sentry: Kept) -> None:
    run(GiveUp("the account is gone"))
    assert [each["exception"]["values"][0]["type"] for each in sentry.events] == ["GiveUp"]


def test_gets_nothing_of_what_is_tried_again(sentry: Kept) -> None:
    effect = run(ConnectionError("busy"))
    assert (effect.state, sentry.events) == ("waiting", [])
