"""Inviting someone to the team, and what the link in the mail does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.mail.submission import SubmissionState
from app.notices.models import Notice
from app.team.acceptance import accept_as, has_account
from app.team.errors import InvitationClosed
from app.team.models import Invitation
from owed.acting import VERBS, Decision
from owed.filters import Filter
from owed.testing import drain, owes
from tests import factories
from tests.concurrency import at_once
from tests.sinks import Sink, check
from tests.team.newsroom import PASSWORD, heading, invite, links, logged

pytestmark = pytest.mark.django_db
TYPED = {"username": "nora", "password": "a-good-password-7"}
DEAD = "This link doesn't work"


class TestAnInvitation:
    def test_is_mailed_and_makes_an_account_of_the_chosen_name(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        [mail], [path] = smtp_sink.captured, links(smtp_sink)
        check(mail)
        assert (mail.recipient, str(mail.message["Subject"])) == ("new@example.org", "You are invited to write at Afterword")
        theirs = Client()
        answer = theirs.post(path, TYPED, follow=True)
        assert answer.redirect_chain[-1][0] == "/studio/"
        nora = User.objects.get(username="nora")
        assert (nora.role, nora.email, nora.is_superuser) == ("author", "new@example.org", False)
        assert nora.check_password(TYPED["password"])
        assert not nora.has_unconfirmed_address
        assert theirs.get("/studio/posts/new/").status_code == 200
        drain()
        assert not Notice.objects.filter(recipient=nora).exists()
        assert logged() == ["team.invited", "team.accepted"]

    def test_is_changed_by_no_look_at_its_link(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        [path] = links(smtp_sink)
        answers = [Client().get(path), Client().head(path), Client().get(path)]
        assert [(answer.status_code, answer["Referrer-Policy"]) for answer in answers] == [(200, "same-origin")] * 3
        assert "no-store" in answers[0]["Cache-Control"]
        assert Invitation.objects.get().closed_at is None

    def test_works_once(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        [path] = links(smtp_sink)
        Client().post(path, TYPED)
        again = Client().post(path, {**TYPED, "username": "nele"})
        assert (heading(again), heading(Client().get(path))) == (DEAD, DEAD)
        assert not User.objects.filter(username="nele").exists()

    def test_gives_its_role_to_one_account(self, desk: Client) -> None:
        invite(desk)
        looked_at = [Invitation.objects.get() for _ in "12"]
        rita, olaf = factories.person("rita"), factories.person("olaf")
        accept_as(looked_at[0], rita, now=timezone.now())
        with pytest.raises(InvitationClosed):
            accept_as(looked_at[1], olaf, now=timezone.now())
        assert [User.objects.get(pk=each.pk).role for each in (rita, olaf)] == ["author", "reader"]

    def test_is_accepted_by_an_account_that_exists(self, desk: Client, smtp_sink: Sink) -> None:
        reader = factories.person("rita", password=PASSWORD)
        invite(desk, "rita@example.org", "contributor")
        [path] = links(smtp_sink)
        assert b"There is an account with the address rita@example.org" in Client().get(path).content
        theirs = Client()
        signed_in = theirs.post(f"/login/?next={path}", {"username": "rita", "password": PASSWORD})
        assert signed_in["Location"] == path
        theirs.post(path)
        reader.refresh_from_db()
        assert reader.role == "contributor"

    def test_says_that_the_address_has_an_account_instead_of_making_a_second(self, desk: Client, smtp_sink: Sink) -> None:
        factories.person("rita")
        invite(desk, "Rita@example.org")
        [path] = links(smtp_sink)
        answer = Client().post(path, TYPED)
        assert answer.status_code == 422
        assert "An account with this address exists." in answer.content.decode()
        assert not User.objects.filter(username="nora").exists()
        assert Invitation.objects.get().closed_at is None

    @pytest.mark.parametrize("typed", [{"username": "..", "password": TYPED["password"]}, {"username": "n", "password": "1"}])
    def test_says_what_is_wrong_and_can_be_tried_again(self, desk: Client, smtp_sink: Sink, typed: dict[str, str]) -> None:
        invite(desk)
        [path] = links(smtp_sink)
        assert Client().post(path, typed).status_code == 422
        assert Client().post(path, TYPED)["Location"] == "/studio/"

    def test_lowers_no_role(self, admin_desk: Client, edith: User, smtp_sink: Sink) -> None:
        invite(admin_desk, "elsewhere@example.org", "contributor")
        [path] = links(smtp_sink)
        theirs = Client()
        theirs.force_login(edith)
        theirs.post(path)
        edith.refresh_from_db()
        assert edith.role == "editor"

    def test_to_administrate_comes_from_an_administrator(self, admin_desk: Client, smtp_sink: Sink) -> None:
        invite(admin_desk, role="administrator")
        Client().post(links(smtp_sink)[0], TYPED)
        nora = User.objects.get(username="nora")
        assert (nora.role, nora.is_superuser, nora.is_staff) == ("editor", True, True)

    @pytest.mark.parametrize("role", ["editor", "administrator", "reader", "owner", ""])
    def test_by_an_editor_gives_no_role_as_high_as_theirs(self, desk: Client, role: str) -> None:
        assert invite(desk, role=role).status_code == 422
        assert not Invitation.objects.exists()

    def test_ends_when_its_sender_loses_the_right_to_it(self, desk: Client, edith: User, smtp_sink: Sink) -> None:
        invite(desk)
        User.objects.filter(pk=edith.pk).update(role="author")
        assert heading(Client().post(links(smtp_sink)[0], TYPED)) == DEAD

    def test_expires_after_a_week(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        Invitation.objects.update(expires_at=timezone.now())
        assert heading(Client().post(links(smtp_sink)[0], TYPED)) == DEAD
        assert b"expired" in desk.get("/studio/team/").content

    def test_is_for_who_has_its_link_alone(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        path = links(smtp_sink)[0]
        forged = path.replace(path[-3], "0" if path[-3] != "0" else "1")
        assert [heading(Client().get(forged)), heading(Client().get("/invitations/99/0a/"))] == [DEAD, DEAD]

    def test_outlives_a_new_secret_key(self, desk: Client, smtp_sink: Sink, settings: Settings) -> None:
        invite(desk)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-" * 8, [settings.SECRET_KEY]
        assert Client().post(links(smtp_sink)[0], TYPED)["Location"] == "/studio/"

    def test_stores_no_secret(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        secret = links(smtp_sink)[0].split("/")[3]
        assert secret not in str(list(Invitation.objects.values()))
        assert secret not in str(list(owes("email.invite").values()))


class TestManagingInvitations:
    def test_sends_one_again_with_another_link(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        first = Invitation.objects.get()
        desk.post(f"/studio/team/invitations/{first.pk}/resend")
        drain()
        old, new = links(smtp_sink)
        assert heading(Client().post(old, TYPED)) == DEAD
        assert Client().post(new, TYPED)["Location"] == "/studio/"

    def test_revokes_one(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        desk.post(f"/studio/team/invitations/{Invitation.objects.get().pk}/revocation")
        assert heading(Client().post(links(smtp_sink)[0], TYPED)) == DEAD
        assert logged() == ["team.invited", "team.revoked"]

    def test_mails_none_that_was_revoked_before_the_worker_came(self, desk: Client, smtp_sink: Sink) -> None:
        desk.post("/studio/team/", {"email": "new@example.org", "role": "author"})
        desk.post(f"/studio/team/invitations/{Invitation.objects.get().pk}/revocation")
        drain()
        assert smtp_sink.captured == []
        assert Invitation.objects.get().state == SubmissionState.SKIPPED

    def test_mails_an_address_three_times_a_day(self, desk: Client, smtp_sink: Sink) -> None:
        for _ in "1234":
            invite(desk)
        assert len(smtp_sink.captured) == 3
        assert b"invited three times today" in invite(desk).content

    def test_counts_how_many_one_sends(self, desk: Client) -> None:
        cache.clear()
        answers = [desk.post("/studio/team/", {"email": f"n{n}@example.org", "role": "author"}) for n in range(31)]
        assert [answer.status_code for answer in answers] == [302] * 30 + [429]

    def test_invites_no_one_who_is_on_the_team(self, desk: Client, anna: User) -> None:
        assert b"on the team already" in invite(desk, "ANNA@example.org").content

    def test_closes_one_whose_effect_was_discarded(self, desk: Client) -> None:
        desk.post("/studio/team/", {"email": "new@example.org", "role": "author"})
        VERBS["cancel"].act(Filter(task="email.invite"), Decision(by="edith", reason="a typing error"))
        invitation = Invitation.objects.get()
        assert (invitation.state, invitation.error) == ("skipped", "cancelled: a typing error")

    def test_forgets_addresses_after_three_months(self, desk: Client) -> None:
        invite(desk)
        now = timezone.now()
        assert Invitation.objects.forget(now + timedelta(days=89)) == 0
        Invitation.objects.update(state="sent")
        assert Invitation.objects.forget(now + timedelta(days=91)) == 1

    @pytest.mark.parametrize("role", ["reader", "contributor", "author"])
    def test_is_for_editors(self, role: str) -> None:
        client = Client()
        client.force_login(factories.person("someone", role))
        assert client.get("/studio/team/").status_code == 403
        assert client.post("/studio/team/", {"email": "x@example.org", "role": "author"}).status_code == 403


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_who_accept_one_invitation_become_one_account(self, desk: Client, smtp_sink: Sink) -> None:
        invite(desk)
        [path] = links(smtp_sink)
        at_once(*(lambda name=name: Client().post(path, {**TYPED, "username": name}) for name in ("nora", "nele")))  # type: ignore[misc]
        assert User.objects.filter(username__in=["nora", "nele"]).count() == 1


class TestAnInvitedAddress:
    def test_has_an_account_only_where_it_is_the_same_mailbox(self) -> None:
        factories.person("kim", email="KIM@example.org")
        invitations = [Invitation(email=email) for email in ("kim@example.org", "\u212aim@example.org")]
        assert [has_account(each) for each in invitations] == [True, False]
