"""What is over is removed at its age, and what is still owed is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import Role, User
from app.audit import conservation
from app.blog.models import Post
from app.feeds.effects import refresh
from app.mail.submission import SubmissionState
from app.newsletter.models import Confirmation, Delivery, Send, Subscriber
from app.newsletter.retention import forget_deliveries
from app.notices.models import Notice
from app.social.models import Account, ShareState, SocialPost
from config.env import BadEnvironment, read
from owed import owe
from owed.models import Effect
from tasks.upkeep import forget_history, purge_effects
from tests import factories

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
ROOT = Path(__file__).parents[2]
AGED = timezone.now() - timedelta(days=4_000)
OPEN = ["pending", "submitting"]


@pytest.fixture
def post(author: User) -> Post:
    return factories.publish(author)


@pytest.fixture
def mailing(post: Post) -> Make:
    """Return a function that makes a mailing with one delivery in each of these states."""

    def make(*states: str, state: str = "finished", ended: Any = AGED, **fields: Any) -> Send:
        number = Send.objects.filter(post=post).count()
        send = Send.objects.create(
            post=post, round=number + 1, state=state, candidates=len(states), finished_at=ended, created_at=AGED, **fields
        )
        for each in states:
            reader = Subscriber.objects.create(
                email=f"{Subscriber.objects.count()}@example.org", state="confirmed", confirmed_at=AGED
            )
            Delivery.objects.create(send=send, post=post, subscriber=reader, state=each, finished_at=AGED)
        return send

    return make


@pytest.fixture
def account() -> Account:
    return Account.objects.create(network="dummy", name="dummy")


class TestDeliveries:
    def test_are_removed_and_stay_in_the_sums(self, mailing: Make) -> None:
        send = mailing("sent", "sent", "failed", "unknown", "skipped", "suppressed")
        before = send.balance()
        [sheet] = conservation.sends()
        forget_history()
        assert Delivery.objects.count() == 0
        send = Send.objects.get()
        assert (send.balance(), send.balances) == (before, True)
        assert before == {"candidates": 6, "sent": 2, "failed": 1, "unknown": 1, "skipped": 1, "suppressed": 1} | dict.fromkeys(
            [*OPEN, "withheld", "digest"], 0
        )
        assert list(conservation.sends()) == [sheet]
        assert sheet.wrong == ()
        call_command("conservation", stdout=StringIO())

    @pytest.mark.parametrize("state", OPEN)
    def test_that_are_open_stay_whatever_their_age(self, mailing: Make, state: str) -> None:
        send = mailing(state, "sent", state="sending", ended=None)
        odd = mailing(state, "sent")
        forget_history()
        assert Delivery.objects.filter(send=send).count() == 2
        assert list(Delivery.objects.filter(send=odd).values_list("state", flat=True)) == [state]
        assert all(each.balances for each in Send.objects.all())

    def test_that_were_withheld_stay_for_the_next_publication(self, mailing: Make) -> None:
        send = mailing("withheld", "sent")
        forget_history()
        assert list(Delivery.objects.values_list("state", flat=True)) == ["withheld"]
        assert send.balances
        assert send.reopen(SubmissionState.WITHHELD) == 1

    def test_of_a_mailing_that_is_younger_stay(self, mailing: Make, settings: Settings) -> None:
        settings.DELIVERIES_RETENTION = timedelta(days=30)
        mailing("sent", ended=timezone.now() - timedelta(days=29))
        mailing("sent", ended=timezone.now() - timedelta(days=31))
        forget_history()
        assert [each.deliveries.count() for each in Send.objects.order_by("round")] == [1, 0]

    def test_are_counted_once_however_often_and_in_whatever_chunks_it_runs(self, mailing: Make) -> None:
        send = mailing(*["sent"] * 5, *["failed"] * 4)
        assert forget_deliveries(timedelta(days=1), chunk=2) == 9
        assert forget_deliveries(timedelta(days=1), chunk=2) == 0
        assert (send.balance()["sent"], send.balance()["failed"]) == (5, 4)
        assert Send.objects.get().balances

    def test_are_shown_by_the_studio_as_before(self, mailing: Make, author: User) -> None:
        send = mailing("sent", "failed")
        client = Client()
        client.force_login(factories.person("root", Role.EDITOR))
        forget_history()
        page = client.get(f"/studio/sends/{send.pk}/").content.decode()
        assert "in the summary" in page
        assert re.search(r"\?state=sent\"\s*>.*?<b\s*>1</b>", page, re.S)


class TestNotices:
    def notice(self, user: User, kind: str, key: str, state: str = "sent", **fields: Any) -> Notice:
        fields = {"finished_at": AGED, "created_at": AGED, **fields}
        return Notice.objects.create(recipient=user, kind=kind, subject_key=key, state=state, **fields)

    def test_are_removed_when_they_are_closed_and_old(self, author: User) -> None:
        leader = self.notice(author, "comment", "comment:1")
        self.notice(author, "comment", "comment:2", "skipped", told_in=leader)
        self.notice(author, "like", "1/2", "suppressed", finished_at=None)
        recent = self.notice(author, "comment", "comment:3", told_in=leader, finished_at=timezone.now())
        forget_history()
        assert list(Notice.objects.values_list("pk", "told_in")) == [(recent.pk, None)]

    @pytest.mark.parametrize("state", OPEN)
    def test_that_wait_stay_whatever_their_age(self, author: User, state: str) -> None:
        self.notice(author, "comment", "comment:1", state, finished_at=None)
        forget_history()
        assert Notice.objects.count() == 1

    @pytest.mark.parametrize(("kind", "key"), [("welcome", "account"), ("onboarding", "profile"), ("address", "account")])
    def test_that_are_sent_once_stay_with_the_account(self, author: User, kind: str, key: str) -> None:
        self.notice(author, kind, key)
        forget_history()
        assert Notice.objects.filter(kind=kind).exists()


class TestConfirmations:
    def test_are_removed_when_they_are_closed_and_old(self) -> None:
        reader = Subscriber.objects.create(email="r@example.org")
        for state in SubmissionState.values:
            Confirmation.objects.create(subscriber=reader, state=state, finished_at=AGED, created_at=AGED)
        Confirmation.objects.create(subscriber=reader, state="sent", finished_at=timezone.now(), created_at=AGED)
        forget_history()
        assert sorted(Confirmation.objects.values_list("state", flat=True)) == ["pending", "sent", "submitting"]


class TestShares:
    def share(self, post_id: int, account: Account, state: str, **fields: Any) -> SocialPost:
        fields = {"created_at": AGED, "settled_at": AGED, **fields}
        return SocialPost.objects.create(post_id=post_id, account=account, state=state, **fields)

    def kept(self) -> set[str]:
        return set(SocialPost.objects.values_list("state", flat=True))

    def shares(self, post: Post, account: Account) -> None:
        for number, state in enumerate(["pending", "submitting", "sent", "failed", "unknown", "withdrawn", "skipped"]):
            one = post if number == 0 else factories.write(post.author, f"Post {number}")
            self.share(one.pk, account, state)

    def test_stay_while_there_is_something_to_follow(self, post: Post, account: Account) -> None:
        self.shares(post, account)
        forget_history()
        assert self.kept() == {"pending", "submitting", "sent", "failed", "unknown", "withdrawn"}

    def test_go_with_an_account_that_was_removed_long_ago_but_for_those_under_way(self, post: Post, account: Account) -> None:
        self.shares(post, account)
        account.remove(AGED)
        forget_history()
        assert self.kept() == {"pending", "submitting"}

    def test_of_a_deleted_post_stay_until_they_are_withdrawn(self, account: Account) -> None:
        for number, state in enumerate(["sent", "failed", "submitting", "withdrawn", "unknown"]):
            self.share(900_000 + number, account, state)
        forget_history()
        assert self.kept() == {"sent", "failed", "submitting"}

    def test_are_never_younger_than_news(self, post: Post, account: Account, settings: Settings) -> None:
        settings.SHARES_RETENTION, settings.ANNOUNCE_WITHIN = timedelta(days=1), timedelta(days=10)
        self.share(post.pk, account, "skipped", settled_at=timezone.now() - timedelta(days=9))
        forget_history()
        assert self.kept() == {"skipped"}

    def test_count_their_age_from_the_end(self, post: Post, account: Account) -> None:
        share = self.share(post.pk, account, "submitting", settled_at=None)
        share.settle(ShareState.SKIPPED)
        forget_history()
        assert self.kept() == {"skipped"}


class TestEffects:
    @pytest.mark.parametrize("state", ["ready", "waiting", "running"])
    def test_that_are_owed_stay_whatever_their_age(self, state: str) -> None:
        [pk] = self.owed(1)
        self.age(pk, state, finished=False)
        forget_history()
        purge_effects()
        call_command("effects", "purge", "--hours", "0", stdout=StringIO())
        assert Effect.objects.filter(pk=pk).exists()

    def test_that_died_long_ago_are_removed_and_younger_ones_stay(self, settings: Settings) -> None:
        settings.DEAD_EFFECTS_RETENTION = timedelta(days=30)
        old, young = self.owed(2)
        self.age(old, "dead", finished=True, days=31)
        self.age(young, "dead", finished=True, days=29)
        forget_history()
        purge_effects()
        assert set(Effect.objects.filter(task="feeds.refresh").values_list("pk", flat=True)) == {young}

    def test_that_are_done_go_after_two_weeks(self) -> None:
        old, young = self.owed(2)
        self.age(old, "done", finished=True, days=15)
        self.age(young, "done", finished=True, days=13)
        purge_effects()
        assert set(Effect.objects.filter(task="feeds.refresh").values_list("pk", flat=True)) == {young}

    def owed(self, number: int) -> list[int]:
        for each in range(number):
            owe(refresh.si(scope=f"tag:{each}"))
        return list(Effect.objects.filter(task="feeds.refresh").order_by("pk").values_list("pk", flat=True))

    def age(self, pk: int, state: str, *, finished: bool, days: int = 4_000) -> None:
        at = timezone.now() - timedelta(days=days)
        fields: dict[str, Any] = {"state": state, "created_at": at, "finished_at": at if finished else None}
        if state == "running":
            fields |= {"started_at": at, "attempt": 1}
        Effect.objects.filter(pk=pk).update(**fields)


class TestTheSettings:
    @pytest.mark.parametrize(
        ("name", "days"),
        [
            ("DEAD_EFFECTS_RETENTION", 365),
            ("RESULTS_RETENTION", 7),
            ("DELIVERIES_RETENTION", 90),
            ("CONFIRMATIONS_RETENTION", 90),
            ("NOTICES_RETENTION", 365),
            ("LOG_RETENTION", 365),
            ("SHARES_RETENTION", 90),
        ],
    )
    def test_are_read_from_the_environment_and_documented(self, name: str, days: int) -> None:
        assert getattr(read({}), name.lower()) == timedelta(days=days)
        assert getattr(read({f"{name}_DAYS": "12"}), name.lower()) == timedelta(days=12)
        for wrong in ("0", "-1", "x", "1.5"):
            with pytest.raises(BadEnvironment, match=f"{name}_DAYS"):
                read({f"{name}_DAYS": wrong})
        [line] = [line for line in (ROOT / "docs/reference/retention.md").read_text().splitlines() if f"`{name}_DAYS`" in line][
            :1
        ]
        assert f"| {days} days |" in line


class TestThePage:
    def test_names_every_table(self) -> None:
        text = (ROOT / "docs/reference/retention.md").read_text()
        named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text))
        assert named == set(connection.introspection.django_table_names(only_existing=True)) - {"django_migrations"}
