"""A forgotten password, and another in its place."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.accounts.models import ApiToken, RegisteredVia, User
from app.mail.submission import SubmissionState
from app.members.password_reset import reset_path
from app.notices.models import Notice
from app.notices.preferences import StopLink
from owed.models import Effect
from owed.testing import broker_down, drain, owes
from tests.concurrency import at_once
from tests.sinks import CUT, FaultyServer, Sink, faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]
pytestmark = pytest.mark.django_db
OLD, NEW = "a-good-password-7", "quite another phrase"
TYPED = {"new_password1": NEW, "new_password2": NEW}
STRANGER = "stranger@example.org"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def newcomer() -> User:
    """Somebody who joined on the site and confirmed nothing."""
    user = User.objects.register("newcomer", STRANGER, OLD)
    drain()
    return user


def ask(email: str, client: Client | None = None) -> Any:
    return (client or Client()).post("/password/", {"email": email})


def links(sink: Sink, kind: str = "plain") -> list[str]:
    return [
        path
        for each in sink.captured
        for path in re.findall(r"127\.0\.0\.1:8000(/password/[^\s\"/]+/[^\s\"/]+/)", each.body(kind))
    ]


def follow(path: str, client: Client | None = None) -> Any:
    """Open the link and type the new password. Return the answer."""
    client = client or Client()
    return client.post(client.get(path)["Location"], TYPED)


def can_sign_in(user: User, password: str) -> bool:
    return Client().login(username=user.username, password=password)


class TestAForgottenPassword:
    def test_is_replaced_by_a_link_that_comes_by_mail(self, client: Client, reader: User, smtp_sink: Sink) -> None:
        assert 'href="/password/"' in client.get("/login/").content.decode()
        assert b"Check your inbox" in ask("RITA@example.org").content
        assert smtp_sink.captured == []
        drain()
        [mail] = smtp_sink.captured
        assert (mail.recipient, mail.message["Subject"]) == (reader.email, "A new password for Afterword")
        assert "reset the password for your account, rita." in mail.body("plain")
        assert links(smtp_sink) == links(smtp_sink, "html")
        answer = follow(links(smtp_sink)[0], client)
        assert answer["Location"] == "/login/"
        assert "Your password is changed" in client.get("/login/").content.decode()
        assert (can_sign_in(reader, OLD), can_sign_in(reader, NEW)) == (False, True)

    def test_goes_before_the_mails_that_no_one_waits_for(self, reader: User, smtp_sink: Sink) -> None:
        ask("RITA@example.org")
        drain()
        [mail] = Effect.objects.filter(task="email.notice")
        assert dict(Effect.objects.filter(task__in=["email.reset", "email.notice"]).values_list("task", "priority")) == {
            "email.reset": 50,
            "email.notice": 50,
        }
        assert mail.state == "done"

    def test_ends_every_session_and_token_of_before(self, reader: User) -> None:
        browser = Client()
        browser.force_login(reader)
        _, token = ApiToken.objects.issue(reader)
        follow(reset_path(reader))
        assert browser.get("/account/").status_code == 302
        assert ApiToken.objects.resolve(token) is None

    def test_proves_the_address_to_which_the_link_came(self, newcomer: User) -> None:
        assert newcomer.has_unconfirmed_address
        follow(reset_path(newcomer))
        newcomer.refresh_from_db()
        assert newcomer.email_confirmed_at
        assert owes("email.welcome", about=newcomer).count() == 1

    def test_says_what_is_wrong_with_the_next_one(self, client: Client, reader: User) -> None:
        page = client.get(reset_path(reader))["Location"]
        answer = client.post(page, {"new_password1": "12345678", "new_password2": "12345678"})
        assert (answer.status_code, b"too common" in answer.content) == (422, True)
        assert can_sign_in(reader, OLD)


class TestALink:
    def test_changes_nothing_by_being_looked_at(self, reader: User) -> None:
        path, before = reset_path(reader), User.objects.values().get()
        scanner = Client()
        for look in (scanner.get, scanner.head):
            assert look(path, follow=True).status_code == 200
        assert User.objects.values().get() == before
        assert follow(path).status_code == 302

    def test_keeps_its_secret_out_of_the_address_of_the_page(self, client: Client, reader: User) -> None:
        path = reset_path(reader)
        secret = path.split("/")[3]
        moved = client.get(path)
        page = client.get(moved["Location"])
        assert secret not in moved["Location"] + page.content.decode()
        assert {moved["Referrer-Policy"], page["Referrer-Policy"]} == {"same-origin"}
        assert "no-store" in page["Cache-Control"]

    def test_works_once(self, reader: User) -> None:
        path = reset_path(reader)
        follow(path)
        answer = Client().get(path)
        assert b"This link doesn't work" in answer.content
        assert b"Request a new link" in answer.content

    @pytest.mark.parametrize("change", [{"email": "other@example.org"}, {"is_active": False}, {"password": "!"}])
    def test_dies_with_what_it_was_made_for(self, reader: User, change: dict[str, Any]) -> None:
        path = reset_path(reader)
        User.objects.update(**change)
        assert b"This link doesn't work" in Client().get(path).content

    @pytest.mark.parametrize("forged", ["x", "set-password", "0-0"])
    @pytest.mark.parametrize("uid", ["MQ", "AA", "x", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
    def test_that_was_forged_opens_nothing(self, reader: User, uid: str, forged: str) -> None:
        assert b"This link doesn't work" in Client().get(f"/password/{uid}/{forged}/").content
        assert b"This link doesn't work" in Client().post(f"/password/{uid}/{forged}/", TYPED).content

    def test_needs_its_own_form(self, reader: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(strict.get(reset_path(reader))["Location"], TYPED).status_code == 403
        assert strict.post("/password/", {"email": reader.email}).status_code == 403


class TestAWish:
    def test_is_answered_alike_and_costs_alike_for_known_and_unknown(self, reader: User) -> None:
        said, asked = [], []
        for email in (reader.email, "nobody@example.org"):
            with CaptureQueriesContext(connection) as queries:
                said.append(ask(email))
            asked.append([re.sub(r"\d+|'[^']*'", "?", query["sql"]) for query in queries])
        assert said[0].content == said[1].content
        alike = [{**answer.headers, "X-Request-ID": "", "Expires": ""} for answer in said]
        assert (said[0].status_code, alike[0]) == (200, alike[1])
        assert asked[0] == asked[1]
        verbs = [sql.split()[0] for sql in asked[0]]
        assert (verbs.count("SELECT"), verbs.count("INSERT")) == (1, 1)

    def test_leaves_no_address_and_no_secret_behind(
        self, reader: User, smtp_sink: Sink, caplog: pytest.LogCaptureFixture
    ) -> None:
        ask(reader.email)
        ask("nobody@example.org")
        drain()
        secret = links(smtp_sink)[0].split("/")[3]
        kept = json.dumps([*Effect.objects.values(), *Notice.objects.values()], default=str) + caplog.text
        assert not [word for word in (secret, reader.email, "nobody@") if word in kept]

    def test_waits_for_broker_and_mail_server(self, reader: User, faulty: FaultyServer) -> None:
        faulty.faults = {"banner": CUT}
        with broker_down():
            assert ask(reader.email).status_code == 200
        drain()
        for _ in range(3):
            ask(reader.email)
        drain()
        assert Notice.objects.get().state == SubmissionState.PENDING
        faulty.heal()
        Effect.objects.filter(finished_at=None).update(state="ready")
        drain()
        assert len(faulty.accepted) == 1

    def test_is_heard_three_times_a_day(self, reader: User, smtp_sink: Sink) -> None:
        for _ in range(4):
            ask(reader.email)
            drain()
        assert len(smtp_sink.captured) == 3
        for number, notice in enumerate(Notice.objects.order_by("pk")):
            Notice.objects.filter(pk=notice.pk).update(subject_key=f"2026-01-02/{number}")
        ask(reader.email)
        drain()
        assert len(smtp_sink.captured) == 4

    def test_for_an_unconfirmed_address_is_heard_once_a_day_even_after_a_stop(self, newcomer: User, smtp_sink: Sink) -> None:
        StopLink(newcomer.pk, "onboarding").turn_off()
        for _ in range(3):
            ask(STRANGER)
            drain()
        [link] = links(smtp_sink)
        assert [each.recipient for each in smtp_sink.captured] == [STRANGER]
        assert "/notices/" not in smtp_sink.captured[0].body("plain") + smtp_sink.captured[0].body("html")
        assert follow(link).status_code == 302

    @pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"email": ""}])
    def test_sends_nothing_where_nobody_may_sign_in(self, reader: User, smtp_sink: Sink, change: dict[str, Any]) -> None:
        User.objects.update(**change)
        assert b"Check your inbox" in ask("rita@example.org").content
        drain()
        assert smtp_sink.captured == []
        assert not Notice.objects.exists()

    @pytest.mark.parametrize("typed", ["", "not an address", "a@b", "x\x00@example.org"])
    def test_must_name_an_address(self, reader: User, typed: str) -> None:
        assert ask(typed).status_code == 422
        assert not owes("email.reset").exists()

    def test_is_limited_by_the_minute(self, reader: User) -> None:
        assert [ask(email).status_code for email in ["someone@example.org"] * 6] == [200] * 5 + [429]
        assert [ask(f"n{n}@example.org").status_code for n in range(25)] == [200] * 24 + [429]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_many_wishes_are_one_mail(self, reader: User, smtp_sink: Sink) -> None:
        connection.close()
        answers = at_once(*(partial(ask, reader.email, Client()) for _ in range(5)))
        assert [answer.status_code for answer in answers] == [200] * 5
        drain()
        assert [notice.state for notice in Notice.objects.filter(kind="reset")] == [SubmissionState.SENT]
        assert len(links(smtp_sink)) == 1

    def test_one_link_sets_one_password(self, reader: User) -> None:
        path, clients = reset_path(reader), [Client() for _ in range(4)]
        pages = [client.get(path)["Location"] for client in clients]
        connection.close()
        typed = [{"new_password1": f"{NEW} {n}", "new_password2": f"{NEW} {n}"} for n in range(4)]
        answers = at_once(*(partial(c.post, p, t) for c, p, t in zip(clients, pages, typed, strict=True)))
        assert sorted(answer.status_code == 302 for answer in answers) == [False, False, False, True]
        assert sum(can_sign_in(reader, each["new_password1"]) for each in typed) == 1


def test_an_imported_author_has_no_password_to_forget(smtp_sink: Sink) -> None:
    User.objects.create_user("guest", "guest@example.org", registered_via=RegisteredVia.IMPORT)
    ask("guest@example.org")
    drain()
    assert smtp_sink.captured == []


def test_one_that_somebody_took_away_is_told_without_a_way_that_leads_nowhere(reader: User, smtp_sink: Sink) -> None:
    reader.set_unusable_password()
    reader.save()
    drain()
    [mail] = smtp_sink.captured
    for kind in ("plain", "html"):
        assert "The account has no password now" in mail.body(kind)
        assert "/password/" not in mail.body(kind)
