"""What goes before mailings in their queue: the mail that someone waits for, and the list of recipients of the next mailing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.accounts.models import User
from app.members import effects as members
from app.newsletter import effects
from owed import owe, registry, urgency
from owed.models import Effect
from tests import factories
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
WAITING = 1_000
"""Chunks of a hundred mails."""


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """100,000 mails that wait, none of which has a row: each chunk is done at once."""
    monkeypatch.setattr(urgency, "_quiet", {})
    monkeypatch.setattr(urgency, "_passed_over", set())
    monkeypatch.setattr("app.newsletter.delivering.recover", lambda: None)
    [first] = owe(effects.deliver.si(delivery_ids=[1])).ids
    like = Effect.objects.get(pk=first)
    rows = []
    for _ in range(WAITING - 1):
        like.pk = None
        rows.append(Effect(**{each.attname: getattr(like, each.attname) for each in Effect._meta.concrete_fields}))
    return [first, *(each.pk for each in Effect.objects.bulk_create(rows))]


def follow(pk: int) -> None:
    """Do what a worker does with the hint of a chunk, the next in the broker's queue."""
    urgency.run_hint(registry.get("email.deliver"), [pk], uuid4())


@pytest.fixture
def reader() -> User:
    return factories.person("reader", password="a long way to go")


class TestWhileAHundredThousandMailsWait:
    def test_a_new_password_and_its_mail_go_with_the_next_two_hints(
        self, mailing: list[int], reader: User, smtp_sink: Sink
    ) -> None:
        owe(members.reset.si(user_id=reader.pk))
        follow(mailing[0])
        assert Effect.objects.get(task="email.reset").state == "done"
        # A worker that spent its half second on what is urgent does what the next hint names without looking.
        urgency._passed_over.clear()
        follow(mailing[1])
        assert [each.recipient for each in smtp_sink.captured] == ["reader@example.org"]
        assert Effect.objects.filter(task="email.deliver", state="ready").count() >= WAITING - 2

    def test_the_recipients_of_the_next_mailing_are_listed_with_the_next_hint(self, mailing: list[int]) -> None:
        owe(effects.page.si(send_id=7, after=0), effects.announce.si(post_id=7))
        follow(mailing[0])
        assert set(Effect.objects.exclude(task="email.deliver").values_list("state", flat=True)) == {"done"}

    def test_a_password_goes_before_the_recipients_of_the_next_mailing(self, mailing: list[int], reader: User) -> None:
        owe(effects.page.si(send_id=7, after=0))
        owe(members.reset.si(user_id=reader.pk))
        follow(mailing[0])
        done = Effect.objects.exclude(task="email.deliver").filter(state="done").order_by("finished_at", "pk")
        assert list(done.values_list("task", flat=True))[:2] == ["email.reset", "email.page"]
