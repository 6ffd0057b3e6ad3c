"""What somebody who joins hears: is the address yours, welcome, and a few first steps."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from app.accounts.models import Profile, RegisteredVia, Role, User
from app.blog.models import Post
from app.members.email_confirmation import ConfirmationLink, ask_confirmation
from app.newsletter.mailing_list import add_to_mailing_list
from app.newsletter.models import Subscriber
from app.notices import sending
from app.notices.kinds.onboarding import start_onboarding_sequence
from app.notices.kinds.welcome import send_welcome_email
from app.notices.models import Notice
from app.notices.preferences import StopLink
from owed.models import Effect
from owed.testing import drain, owes
from tests.sinks import CUT, FaultyServer, Sink
from worker.celery import app

pytestmark = pytest.mark.django_db
WHO = {"username": "newcomer", "email": "newcomer@example.org", "password": "a long pass phrase"}


@pytest.fixture
def newcomer() -> User:
    """Somebody who joined, and was asked nothing yet."""
    user = User.objects.register(**WHO)
    Effect.objects.all().delete()
    return user


def welcomes(sink: Sink) -> list[str]:
    return [each.recipient for each in sink.captured if "Welcome" in each.message["Subject"]]


def states() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("kind", "state"))


@pytest.mark.covers("E11", "H27", "H28")
class TestAnAddress:
    def test_is_asked_for_by_mail_and_greeted_once_when_it_is_confirmed(self, smtp_sink: Sink) -> None:
        client = Client(enforce_csrf_checks=True)
        User.objects.register(**WHO)
        drain()
        [asked] = smtp_sink.captured
        assert asked.message["Subject"] == "Is this your address at Afterword?"
        [path] = re.findall(r"http://127\.0\.0\.1:8000(/addresses/\S+)", asked.body("plain"))
        assert path in asked.body("html")
        for look in (client.get, client.head):
            assert look(path).status_code == 200
        drain()
        assert User.objects.get().email_confirmed_at is None
        for _ in range(3):
            answer = client.post(path)
            drain()
        assert (answer.status_code, answer["Referrer-Policy"]) == (200, "same-origin")
        assert "no-store" in answer["Cache-Control"]
        assert welcomes(smtp_sink) == ["newcomer@example.org"]
        assert User.objects.get().email_confirmed_at is not None

    def test_that_nobody_confirms_gets_one_question_and_nothing_else(self, newcomer: User, smtp_sink: Sink) -> None:
        for _ in range(3):
            ask_confirmation(newcomer.pk)
            send_welcome_email(newcomer)
            start_onboarding_sequence(newcomer)
        User.objects.update(date_joined=timezone.now() - timedelta(days=9))
        drain()
        assert states() == [("address", "sent")]

    def test_of_before_confirms_no_other(self, newcomer: User) -> None:
        link = ConfirmationLink.of(newcomer)
        User.objects.update(email="other@example.org")
        link.confirm()
        assert User.objects.get().email_confirmed_at is None

    @pytest.mark.parametrize("forged", ["{}x", "x{}", "0000000000"])
    def test_is_confirmed_by_no_forged_link(self, newcomer: User, client: Client, forged: str) -> None:
        token = forged.format(ConfirmationLink.of(newcomer).get_absolute_url().split("/")[2])
        assert client.post(f"/addresses/{token}/").status_code == 404
        assert User.objects.get().email_confirmed_at is None

    def test_of_a_link_that_stops_mail_is_another(self, newcomer: User, client: Client) -> None:
        token = StopLink(newcomer.pk, "likes").get_absolute_url().split("/")[2]
        assert client.post(f"/addresses/{token}/").status_code == 404

    def test_outlives_its_account(self, newcomer: User, client: Client) -> None:
        path = ConfirmationLink.of(newcomer).get_absolute_url()
        newcomer.delete()
        assert client.post(path).status_code == 200

    def test_is_confirmed_by_the_mailing_lists_own_link_too(self, newcomer: User) -> None:
        add_to_mailing_list(newcomer)
        Subscriber.objects.get().confirm()
        assert owes("email.welcome", about=newcomer).count() == 1


@pytest.mark.covers("E11", "H27", "H28")
class TestAWelcome:
    def test_is_sent_once_however_often_it_is_asked(self, newcomer: User, smtp_sink: Sink) -> None:
        newcomer.confirm_address(newcomer.email)
        drain()
        for _ in range(5):
            send_welcome_email(newcomer)
            send_welcome_email(newcomer.pk)
            drain()
        assert welcomes(smtp_sink) == ["newcomer@example.org"]

    @pytest.mark.parametrize("via", [via for via in RegisteredVia.values if via != RegisteredVia.SITE])
    def test_greets_nobody_whom_others_signed_up(self, via: str, smtp_sink: Sink) -> None:
        user = User.objects.create_user("quiet", "quiet@example.org", registered_via=via)
        user.confirm_address("quiet@example.org")
        User.objects.update(email_confirmed_at=timezone.now() - timedelta(days=9))
        drain()
        assert smtp_sink.captured == []
        assert not owes("email.onboarding").exists()

    def test_waits_for_the_mail_server_while_the_account_is_there(self, faulty: FaultyServer, client: Client) -> None:
        faulty.faults = {"banner": CUT}
        assert client.post("/join/", WHO).status_code == 302
        drain()
        newcomer = User.objects.get()
        assert newcomer.profile
        newcomer.confirm_address(newcomer.email)
        drain()
        assert states() == [("address", "pending"), ("welcome", "pending")]
        faulty.heal()
        Effect.objects.filter(task="email.notice").update(state="ready")
        drain()
        assert states() == [("address", "skipped"), ("welcome", "sent")]
        assert len(faulty.accepted) == 1

    @pytest.mark.covers("X9")
    def test_in_doubt_is_repeated_only_by_a_person(self, newcomer: User, faulty: FaultyServer) -> None:
        faulty.faults = {"dot": CUT}
        newcomer.confirm_address(newcomer.email)
        drain()
        notice = Notice.objects.get(kind="welcome")
        sending.send_notice(notice.pk)
        assert notice.state == "unknown"
        assert len(faulty.accepted) == 1
        faulty.heal()
        notice.resend()
        drain()
        assert len(faulty.accepted) == 2

    @pytest.mark.covers("H29")
    def test_of_a_registration_rolled_back_was_never_owed(self, smtp_sink: Sink) -> None:
        with pytest.raises(KeyError), transaction.atomic():
            user = User.objects.register(**WHO)
            add_to_mailing_list(user)
            raise KeyError
        drain()
        assert smtp_sink.captured == []
        assert (User.objects.count(), Subscriber.objects.count()) == (0, 0)


@pytest.mark.covers("E14")
class TestFirstSteps:
    """A few mails over days."""

    @pytest.fixture
    def writer(self) -> User:
        user = User.objects.register(**WHO, role=Role.AUTHOR)
        user.confirm_address(user.email)
        Effect.objects.all().delete()
        return user

    def test_come_each_on_its_day_once(self, writer: User, smtp_sink: Sink) -> None:
        for _ in range(2):
            start_onboarding_sequence(writer)
        assert [self.sent_on(day, smtp_sink) for day in (0.5, 1.1, 2, 3.1, 5)] == [0, 1, 1, 2, 2]

    def test_are_rows_with_a_day_that_a_broker_cannot_forget(self, writer: User, smtp_sink: Sink) -> None:
        start_onboarding_sequence(writer)
        drain()
        [waiting] = owes("email.onboarding")
        assert writer.email_confirmed_at
        assert waiting.state == "waiting"
        assert waiting.wake_at - writer.email_confirmed_at - timedelta(days=1) < timedelta(seconds=1)
        assert not Effect.objects.overdue().exists()
        app.control.purge()
        assert self.sent_on(1.1, smtp_sink) == 1

    def test_stop_when_the_goal_is_reached(self, writer: User, smtp_sink: Sink) -> None:
        start_onboarding_sequence(writer)
        Profile.objects.filter(user=writer).update(display_name="Nia")
        Post.objects.create(title="The first", content="-", author=writer)
        assert [self.sent_on(day, smtp_sink) for day in (1.1, 3.1)] == [0, 0]

    def test_stop_when_the_person_says_so(self, writer: User, smtp_sink: Sink) -> None:
        start_onboarding_sequence(writer)
        assert self.sent_on(1.1, smtp_sink) == 1
        [path] = re.findall(r"http://127\.0\.0\.1:8000(/notices/\S+)", smtp_sink.captured[0].body("plain"))
        Client().post(path)
        assert [self.sent_on(day, smtp_sink) for day in (3.1, 9)] == [1, 1]

    @pytest.mark.parametrize("end", ["closed", "deleted"])
    def test_stop_with_the_account(self, writer: User, smtp_sink: Sink, end: str) -> None:
        start_onboarding_sequence(writer)
        assert self.sent_on(1.1, smtp_sink) == 1
        writer.leave() if end == "closed" else writer.delete()
        assert [self.sent_on(day, smtp_sink) for day in (3.1, 9)] == [1, 1]
        assert not owes("email.onboarding").exists()

    def sent_on(self, day: float, smtp_sink: Sink) -> int:
        """Return how many were sent by then. The database's clock stands still: the confirmation moves back instead."""
        User.objects.update(email_confirmed_at=timezone.now() - timedelta(days=day))
        Effect.objects.filter(finished_at=None).update(state="ready")
        drain()
        return len(smtp_sink.captured)
