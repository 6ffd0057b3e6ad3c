"""`manage.py subscribers`."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.newsletter.models import Subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]


@pytest.fixture
def ann() -> Subscriber:
    return Subscriber.objects.create(email="ann@example.org", name="Ann", state="confirmed", confirmed_at=timezone.now())


def said(*words: str) -> str:
    out = StringIO()
    call_command("subscribers", *words, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_lists_what_a_filter_leaves(self, ann: Subscriber) -> None:
        Subscriber.objects.create(email="bob@example.org")
        assert said("list", "--state", "confirmed").split() == ["confirmed", f"{ann.created_at:%Y-%m-%d}", "ann@example.org"]
        assert len(said("list").splitlines()) == 2
        assert said("list", "--until", "2001-01-01") == ""

    def test_shows_unsubscribes_and_erases(self, ann: Subscriber) -> None:
        assert json.loads(said("show", "ANN@example.org"))["name"] == "Ann"
        said("unsubscribe", "ann@example.org")
        assert Subscriber.objects.get().state == "unsubscribed"
        said("erase", "ann@example.org")
        assert not Subscriber.objects.exists()
        with pytest.raises(CommandError, match="ann@example"):
            said("show", "ann@example.org")

    def test_adds_by_hand_and_says_why_not(self, ann: Subscriber) -> None:
        said("add", "bob@example.org", "--consent", "By telephone")
        assert Subscriber.objects.get(email="bob@example.org").state == "pending"
        for email, why in (("ann@example.org", "subscribed already"), ("no", "not a mail address")):
            with pytest.raises(CommandError, match=why):
                said("add", email, "--consent", "x")
