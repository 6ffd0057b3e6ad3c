"""What mail providers report by webhook, in the words of their APIs."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from app.audit.conservation import sends
from app.blog.models import Post
from app.newsletter.models import Bounce, Delivery, Subscriber
from owed.testing import drain
from tests.sinks import Sink

pytest.importorskip("anymail")
pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]
KEY, AUTH = "key-of-the-webhook", "hook:secret-of-the-hook"


@pytest.fixture
def site(client: Client) -> Client:
    return Client(enforce_csrf_checks=True)


def mailed(readers: Readers, events: str, settings: Settings) -> Delivery:
    """Return a copy that was mailed while reports of this provider are taken."""
    settings.MAIL_EVENTS = events
    readers(1)
    drain()
    return Delivery.objects.get()


def mailgun(site: Client, delivery: Delivery, event: str, *, key: str = KEY, **more: Any) -> HttpResponse:
    token, timestamp = "50 letters", "1790000000"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), sha256).hexdigest()
    data = {
        "event": event, "timestamp": 1790000000.1, "recipient": "r0@example.org",
        "message": {"headers": {"message-id": delivery.message_id.strip("<>")}}, **more,
    }  # fmt: skip
    body = {"signature": {"token": token, "timestamp": timestamp, "signature": signature}, "event-data": data}
    return site.post("/mail-events/mailgun/", json.dumps(body), content_type="application/json")  # type: ignore[return-value]


def postmark(site: Client, sink: Sink, kind: str, *, auth: str = AUTH, **more: Any) -> HttpResponse:
    copy = sink.captured[-1].message["X-PM-Metadata-copy"]
    body = {"RecordType": kind, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Metadata": {"copy": copy}, **more}
    headers = {"Authorization": f"Basic {b64encode(auth.encode()).decode()}"}
    return site.post("/mail-events/postmark/", json.dumps(body), content_type="application/json", headers=headers)  # type: ignore[return-value]


FAILURE = {"severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550, "message": "5.1.1 no such user"}}


class TestMailgun:
    @pytest.fixture
    def delivery(self, post: Post, readers: Readers, smtp_sink: Sink, settings: Settings) -> Delivery:
        return mailed(readers, f"mailgun:{KEY}", settings)

    def test_reports_a_mailbox_that_is_gone(self, site: Client, delivery: Delivery) -> None:
        for _ in range(3):
            assert mailgun(site, delivery, "failed", **FAILURE).status_code == 200
        assert (Subscriber.objects.get().state, Bounce.objects.get().status) == ("bounced", "5.1.1")

    def test_reports_for_now_what_holds_no_one_back(self, site: Client, delivery: Delivery) -> None:
        mailgun(site, delivery, "failed", **{**FAILURE, "severity": "temporary"})
        assert (Subscriber.objects.get().state, Bounce.objects.count()) == ("confirmed", 0)

    def test_reports_a_complaint(self, site: Client, delivery: Delivery) -> None:
        mailgun(site, delivery, "complained")
        assert (Subscriber.objects.get().state, Bounce.objects.get().kind) == ("unsubscribed", "complaint")

    @pytest.mark.parametrize(("event", "outcome"), [("delivered", "sent"), ("failed", "failed")])
    def test_settles_a_doubt_in_whatever_order_it_reports(
        self, event: str, outcome: str, site: Client, delivery: Delivery
    ) -> None:
        Delivery.objects.update(state="unknown", error="no answer after-dot")
        mailgun(site, delivery, event, **(FAILURE if event == "failed" else {}))
        mailgun(site, delivery, "delivered")
        assert Delivery.objects.get().state == outcome
        assert [each.wrong for each in sends()] == [()]

    def test_is_refused_with_a_signature_of_another(self, site: Client, delivery: Delivery) -> None:
        assert mailgun(site, delivery, "failed", key="guessed", **FAILURE).status_code == 400
        assert Subscriber.objects.get().state == "confirmed"

    @pytest.mark.parametrize("body", ["", "[]", "null", '{"signature": 1}', "\xff"])
    def test_is_refused_where_it_cannot_be_read(self, body: str, site: Client, delivery: Delivery) -> None:
        assert site.post("/mail-events/mailgun/", body, content_type="application/json").status_code == 400

    def test_is_the_only_one_that_is_taken(self, site: Client, delivery: Delivery, settings: Settings) -> None:
        assert site.post("/mail-events/postmark/").status_code == 404
        settings.MAIL_EVENTS = ""
        assert mailgun(site, delivery, "failed", **FAILURE).status_code == 404


class TestPostmark:
    @pytest.fixture
    def delivery(self, post: Post, readers: Readers, smtp_sink: Sink, settings: Settings) -> Delivery:
        return mailed(readers, f"postmark:{AUTH}", settings)

    def test_names_the_copy_in_a_header_of_its_own(self, site: Client, delivery: Delivery, smtp_sink: Sink) -> None:
        report = postmark(site, smtp_sink, "Bounce", Type="HardBounce", Details="smtp;550 5.1.1 unknown user", ID=7)
        assert (report.status_code, Subscriber.objects.get().state) == (200, "bounced")

    def test_settles_a_doubt(self, site: Client, delivery: Delivery, smtp_sink: Sink) -> None:
        Delivery.objects.update(state="unknown")
        postmark(site, smtp_sink, "Delivery", DeliveredAt="2026-11-27T12:00:00Z")
        assert Delivery.objects.get().state == "sent"

    def test_changes_nothing_with_another_password_or_proof(self, site: Client, delivery: Delivery, smtp_sink: Sink) -> None:
        assert postmark(site, smtp_sink, "SpamComplaint", Type="SpamComplaint", auth="hook:guess").status_code == 400
        forged = {"copy": f"{delivery.pk}-aaaaaaaaaaaaaaaaaaaa"}
        assert postmark(site, smtp_sink, "SpamComplaint", Type="SpamComplaint", Metadata=forged).status_code == 200
        assert Subscriber.objects.get().state == "confirmed"


class TestAMailing:
    def test_names_no_copy_to_others(self, post: Post, readers: Readers, smtp_sink: Sink, settings: Settings) -> None:
        mailed(readers, "", settings)
        assert "X-PM-Metadata-copy" not in smtp_sink.captured[0].message
