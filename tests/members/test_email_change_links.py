"""Asking for another mail address: what it takes, what it tells, and how often."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import RegisteredVia, User
from app.mail.submission import SubmissionState
from app.members.models import EmailChange
from app.notices.models import Notice
from owed.models import Effect
from owed.testing import broker_down, drain, owes
from tests.concurrency import at_once
from tests.members.email_change import ASKED, DEAD, NEW, OLD, PASSWORD, PATH, THEIRS, ask, heading, link, links, signed_in, told
from tests.sinks import CUT, FaultyServer, Sink, faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]
pytestmark = pytest.mark.django_db


class TestAWish:
    def test_is_answered_alike_and_costs_alike_for_a_free_and_a_taken_address(self, reader: User, author: User) -> None:
        said, asked = [], []
        for email in ("free@example.org", THEIRS):
            mine = signed_in(reader)
            with CaptureQueriesContext(connection) as queries:
                answer = mine.post(PATH, {"email": email, "password": PASSWORD})
            page = mine.get(answer["Location"]).content.decode()
            said.append((answer.status_code, re.sub(r"free@example.org|anna@example.org|value=\"\w{64}\"", "", page)))
            asked.append([re.sub(r"\d+|'[^']*'", "?", query["sql"]) for query in queries])
            EmailChange.objects.all().delete()
            Notice.objects.all().delete()
        assert said[0] == said[1]
        assert asked[0] == asked[1]

    @pytest.mark.parametrize("taken", [THEIRS, THEIRS.upper()])
    def test_for_a_taken_address_mails_nothing_to_it(self, reader: User, author: User, smtp_sink: Sink, taken: str) -> None:
        ask(reader, taken)
        drain()
        assert told(smtp_sink) == ASKED[:1]
        assert heading(Client().post(link(reader))) == DEAD

    @pytest.mark.covers("X11")
    def test_leaves_no_address_and_no_secret_behind(
        self, reader: User, smtp_sink: Sink, caplog: pytest.LogCaptureFixture
    ) -> None:
        ask(reader)
        drain()
        [path] = links(smtp_sink)
        for call in (Client().get, Client().post, Client().post):
            call(path)
        drain()
        kept = json.dumps([*Effect.objects.values(), *Notice.objects.values()], default=str) + caplog.text
        assert not [word for word in (path.split("/")[3], OLD, NEW) if word in kept]
        assert path.split("/")[3] not in json.dumps(list(EmailChange.objects.values()), default=str)

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"password": "not it"}, "Wrong password."),
            ({"password": ""}, "This field is required."),
            ({"email": OLD}, "This is already your address."),
            ({"email": "nowhere"}, "Enter a valid email address."),
            ({"email": "x\x00@example.org"}, "Null characters are not allowed."),
        ],
    )
    def test_says_what_is_wrong_and_owes_nothing(self, reader: User, typed: dict[str, str], said: str) -> None:
        answer = ask(reader, **{"email": NEW, **typed})
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
        assert PASSWORD not in answer.content.decode()
        assert not EmailChange.objects.exists()
        assert not owes("email.notice").exists()

    def test_is_no_way_to_guess_the_password(self, reader: User) -> None:
        assert [ask(reader, password="guess").status_code for _ in range(11)] == [422] * 10 + [429]
        assert ask(reader)["Retry-After"] == "60"
        changed = {"old_password": PASSWORD, "new_password1": "quite another", "new_password2": "quite another"}
        assert signed_in(reader).post("/account/password", changed).status_code == 429

    def test_is_heard_three_times_a_day(self, reader: User) -> None:
        said = [ask(reader, f"r{n}@new.example") for n in range(4)]
        assert [answer.status_code for answer in said] == [302] * 3 + [422]
        assert "three times today" in said[3].content.decode()
        assert EmailChange.objects.filter(closed_at=None).count() == 1
        EmailChange.objects.update(asked_at=timezone.now() - timedelta(hours=25))
        assert ask(reader, "r5@new.example").status_code == 302

    def test_reaches_no_address_more_than_three_times_a_day_whoever_asks(self, smtp_sink: Sink) -> None:
        for n in range(5):
            ask(User.objects.create_user(f"u{n}", password=PASSWORD), NEW.upper() if n % 2 else NEW)
        drain()
        assert len(smtp_sink.captured) == 3

    def test_waits_for_broker_and_mail_server(self, reader: User, faulty: FaultyServer) -> None:
        faulty.faults = {"banner": CUT}
        with broker_down():
            assert ask(reader).status_code == 302
        drain()
        assert set(Notice.objects.values_list("state", flat=True)) == {SubmissionState.PENDING}
        faulty.heal()
        Effect.objects.filter(finished_at=None).update(state="ready")
        drain()
        assert len(faulty.accepted) == 2

    def test_is_its_owners_alone(self, reader: User) -> None:
        assert Client().get(PATH)["Location"] == f"/login/?next={PATH}"
        strict = signed_in(reader, enforce_csrf_checks=True)
        assert strict.post(PATH, {"email": NEW, "password": PASSWORD}).status_code == 403
        assert "no-store" in strict.get(PATH)["Cache-Control"]

    def test_is_not_for_whom_somebody_gave_no_password(self) -> None:
        guest = User.objects.create_user("guest", "guest@example.org", registered_via=RegisteredVia.IMPORT)
        assert ask(guest).status_code == 422


@pytest.mark.django_db(transaction=True)
class TestWishesAtOnce:
    def test_many_wishes_leave_one_open_and_keep_to_the_limit(self, reader: User) -> None:
        clients = [signed_in(reader) for _ in range(5)]
        connection.close()
        wishes = [{"email": f"r{n}@new.example", "password": PASSWORD} for n in range(5)]
        answers = at_once(*(partial(c.post, PATH, wish) for c, wish in zip(clients, wishes, strict=True)))
        assert sorted(answer.status_code for answer in answers) == [302] * 3 + [422] * 2
        assert EmailChange.objects.filter(closed_at=None).count() == 1


class TestALookalike:
    def test_does_not_use_up_the_mails_of_another_address(self, reader: User, author: User, smtp_sink: Sink) -> None:
        now = timezone.now()
        rows = [EmailChange(user=author, new_email="\u212aim@new.example", asked_at=now, closed_at=now) for _ in range(3)]
        EmailChange.objects.bulk_create(rows)
        ask(reader, "kim@new.example")
        drain()
        assert "kim@new.example" in [recipient for recipient, _subject in told(smtp_sink)]
