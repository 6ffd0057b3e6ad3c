"""Another mail address for one's account: taken by a link that came to it, told to the address of before."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.mail.submission import SubmissionState
from app.members import email_change
from app.members.models import EmailChange
from app.members.password_reset import reset_path
from app.notices.models import Notice
from owed.models import Effect
from owed.testing import drain
from tests.concurrency import at_once
from tests.members.email_change import ASKED, DEAD, DONE, NEW, OLD, PASSWORD, PATH, ask, heading, link, links, signed_in, told
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer() -> User:
    """Somebody who joined on the site with an address that they mistyped."""
    user = User.objects.register("newcomer", "stranger@example.org", PASSWORD)
    Effect.objects.all().delete()
    return user


class TestAnotherAddress:
    @pytest.mark.covers("X11")
    def test_counts_once_the_link_that_came_to_it_is_followed(self, client: Client, reader: User, smtp_sink: Sink) -> None:
        mine = signed_in(reader)
        assert f'href="{PATH}"' in mine.get("/account/").content.decode()
        page = mine.post(PATH, {"email": NEW, "password": PASSWORD}, follow=True).content.decode()
        assert f"We have sent a link to {NEW}" in page
        assert smtp_sink.captured == []
        drain()
        assert told(smtp_sink) == ASKED
        assert User.objects.get().email == OLD
        [path] = links(smtp_sink)
        assert links(smtp_sink, "html") == [path]
        assert NEW in client.get(path).content.decode()
        assert "From now on" in client.post(path).content.decode()
        reader.refresh_from_db()
        assert reader.email == NEW
        assert reader.email_confirmed_at
        drain()
        assert told(smtp_sink) == sorted([*ASKED, (OLD, "Your address at Afterword was changed")])
        assert mine.get("/account/").status_code == 200

    @pytest.mark.covers("E11")
    def test_confirms_whose_first_one_was_mistyped_and_leaves_the_stranger_alone(self, newcomer: User, smtp_sink: Sink) -> None:
        ask(newcomer)
        drain()
        [path] = links(smtp_sink)
        for _ in range(2):
            Client().post(path)
            drain()
        newcomer.refresh_from_db()
        assert (newcomer.email, newcomer.has_unconfirmed_address) == (NEW, False)
        assert told(smtp_sink) == [(NEW, "Is this your new address at Afterword?"), (NEW, "Welcome to Afterword")]

    @pytest.mark.covers("E11")
    def test_greets_nobody_a_second_time(self, newcomer: User, smtp_sink: Sink) -> None:
        newcomer.confirm_address(newcomer.email)
        drain()
        ask(newcomer)
        Client().post(link(newcomer))
        drain()
        assert [subject for _, subject in told(smtp_sink)].count("Welcome to Afterword") == 1

    def test_may_be_the_first(self, reader: User, smtp_sink: Sink) -> None:
        User.objects.update(email="")
        reader.refresh_from_db()
        ask(reader)
        drain()
        Client().post(links(smtp_sink)[0])
        drain()
        assert told(smtp_sink) == [(NEW, "Is this your new address at Afterword?")]
        assert User.objects.get().email == NEW

    def test_may_be_the_same_in_other_letters(self, reader: User) -> None:
        ask(reader, "Rita@example.org")
        Client().post(link(reader))
        assert User.objects.get().email == "Rita@example.org"

    def test_ends_the_links_for_a_forgotten_password_that_went_to_the_old_one(self, reader: User) -> None:
        path = reset_path(reader)
        ask(reader)
        Client().post(link(reader))
        assert b"This link doesn't work" in Client().get(path).content

    def test_is_in_the_export_of_what_is_kept(self, reader: User) -> None:
        ask(reader)
        kept = json.loads(signed_in(reader).get("/account/export").content)["addresses"]
        assert [(each["old_email"], each["new_email"], each["closed_at"]) for each in kept] == [(OLD, NEW, None)]

    def test_is_forgotten_after_a_week(self, reader: User) -> None:
        ask(reader)
        assert email_change.forget_old_changes(timezone.now() + timedelta(days=6)) == 0
        assert email_change.forget_old_changes(timezone.now() + timedelta(days=8)) == 1
        drain()
        assert set(Notice.objects.values_list("state", flat=True)) == {SubmissionState.SKIPPED}


class TestALink:
    def test_changes_nothing_by_being_looked_at(self, reader: User) -> None:
        ask(reader)
        before = list(EmailChange.objects.values()), list(User.objects.values())
        for look in (Client().get, Client().head):
            answer = look(link(reader))
            assert (answer.status_code, answer["Referrer-Policy"]) == (200, "same-origin")
            assert "no-store" in answer["Cache-Control"]
        assert (list(EmailChange.objects.values()), list(User.objects.values())) == before

    def test_works_once(self, reader: User) -> None:
        ask(reader)
        path = link(reader)
        assert [heading(Client().post(path)) for _ in range(2)] == [DONE, DEAD]
        User.objects.update(email=OLD)
        assert heading(Client().post(path)) == DEAD
        assert User.objects.get().email == OLD

    @pytest.mark.parametrize(
        "change", [{"email": "third@example.org"}, {"is_active": False}, {"password": "!"}, {"password": "md5$x$y"}]
    )
    def test_dies_with_what_it_was_made_for(self, reader: User, change: dict[str, Any]) -> None:
        ask(reader)
        path = link(reader)
        User.objects.update(**change)
        before = User.objects.values().get()
        assert [heading(call(path)) for call in (Client().get, Client().post)] == [DEAD] * 2
        assert User.objects.values().get() == before

    def test_dies_with_a_new_password_before_its_mail_is_written(self, reader: User, smtp_sink: Sink) -> None:
        ask(reader)
        User.objects.get().renew_password("quite another phrase")
        drain()
        assert links(smtp_sink) == []

    def test_dies_after_a_day(self, reader: User) -> None:
        ask(reader)
        path = link(reader)
        EmailChange.objects.update(asked_at=timezone.now() - timedelta(hours=24, seconds=1))
        assert heading(Client().post(path)) == DEAD
        assert User.objects.get().email == OLD

    def test_gives_way_to_a_newer_one(self, reader: User, smtp_sink: Sink) -> None:
        ask(reader)
        first = link(reader)
        ask(reader, "rita@newer.example")
        drain()
        assert [each.recipient for each in smtp_sink.captured if "new address" in str(each.message["Subject"])] == [
            "rita@newer.example"
        ]
        assert heading(Client().post(first)) == DEAD
        assert heading(Client().post(link(reader))) == DONE
        assert User.objects.get().email == "rita@newer.example"

    def test_does_not_take_what_became_anothers_in_the_meantime(self, reader: User, author: User) -> None:
        ask(reader)
        path = link(reader)
        change = email_change.find(*_parts(path), now=timezone.now())
        User.objects.filter(pk=author.pk).update(email=NEW.upper())
        assert heading(Client().get(path)) == DEAD
        assert change
        assert not email_change.confirm_email_change(change, now=timezone.now())
        assert User.objects.get(pk=reader.pk).email == OLD
        assert not Notice.objects.filter(kind="moved").exists()

    @pytest.mark.parametrize("forged", ["0/x", "{pk}/x", "{pk}/{other}", f"{10**30}/x", "{pk}/é"])
    def test_that_was_forged_opens_nothing(self, reader: User, author: User, forged: str) -> None:
        ask(author, "a@new.example")
        other = link(author).split("/")[3]
        ask(reader)
        path = forged.format(pk=link(reader).split("/")[2], other=other)
        assert [heading(call(f"/addresses/{path}/")) for call in (Client().get, Client().post)] == [DEAD] * 2
        assert User.objects.get(pk=reader.pk).email == OLD


def _parts(path: str) -> tuple[int, str]:
    _, _, pk, secret, _ = path.split("/")
    return int(pk), secret


@pytest.mark.django_db(transaction=True)
class TestLinksAtOnce:
    def test_one_link_followed_often_is_one_change_and_one_notice(self, reader: User) -> None:
        ask(reader)
        path = link(reader)
        connection.close()
        answers = at_once(*(partial(Client().post, path) for _ in range(5)))
        assert sorted(map(heading, answers)) == sorted([DONE, *[DEAD] * 4])
        assert Notice.objects.filter(kind="moved").count() == 1

    def test_two_accounts_do_not_get_one_address(self, reader: User, author: User) -> None:
        paths = []
        for user in (reader, author):
            ask(user)
            paths.append(link(user))
        connection.close()
        answers = at_once(*(partial(Client().post, path) for path in paths))
        assert sorted(map(heading, answers)) == sorted([DONE, DEAD])
        assert User.objects.filter(email=NEW).count() == 1
