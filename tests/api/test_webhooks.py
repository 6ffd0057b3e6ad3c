"""Webhooks by the API: made, changed, tried out and removed, by the rules of the studio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook

from app.accounts.models import User
from app.log.models import Entry
from app.social.models import Account
from app.webhooks.models import Call
from owed.testing import drain
from tests.api.client import Program
from tests.outbound.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
Listening = Callable[..., Receiver]


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Start receivers that answer as told."""
    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(receiving(*answers))


@pytest.fixture
def receiver(listening: Listening, settings: Settings) -> Receiver:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    return listening()


@pytest.fixture
def made(author: Program, receiver: Receiver) -> dict[str, Any]:
    answer = author.post("/webhooks", {"name": "hook", "url": receiver.url, "events": ["post", "comment.held"]})
    assert answer.status == 201
    made: dict[str, Any] = answer.json
    return made


class TestANewWebhook:
    def test_has_its_events_and_shows_its_secret_once(self, author: Program, ann: User, made: dict[str, Any]) -> None:
        account = Account.objects.get()
        assert (account.owner, account.name, account.events) == (ann, "hook", ["post", "comment.held"])
        assert made["secret"] == account.secret
        assert made["secret"].startswith("whsec_")
        assert "secret" not in author.get("/webhooks").json[0]

    def test_at_the_same_address_renews_the_secret(self, author: Program, made: dict[str, Any]) -> None:
        again = author.post("/webhooks", {"name": "hook", "url": made["endpoint"]}).json
        assert again["id"] == made["id"]
        assert again["secret"] == Account.objects.get().secret != made["secret"]

    @pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "ftp://hook.example/", "https://me@hook.example/"])
    def test_is_refused_at_an_address_that_is_never_called(self, url: str, author: Program) -> None:
        answer = author.post("/webhooks", {"name": "hook", "url": url})
        assert (answer.status, answer.json["fields"].keys()) == (422, {"url"})
        assert not Account.objects.exists()

    def test_is_not_made_where_an_event_is_refused(self, author: Program, receiver: Receiver) -> None:
        answer = author.post("/webhooks", {"name": "hook", "url": receiver.url, "events": ["effect.dead"]})
        assert (answer.status, answer.json["fields"].keys()) == (422, {"events"})
        assert not Account.objects.exists()

    def test_is_no_readers_and_thirty_a_minute_at_most(self, reader: Program, author: Program) -> None:
        wish = {"name": "hook", "url": "ftp://hook.example/"}
        assert reader.post("/webhooks", wish).status == 403
        assert [author.post("/webhooks", wish).status for _ in range(31)] == [422] * 30 + [429]


class TestAWebhook:
    def test_is_renamed_moved_and_switched(self, author: Program, made: dict[str, Any], listening: Listening) -> None:
        path, there = f"/webhooks/{made['id']}", listening().url
        answer = author.patch(path, {"name": "other", "url": there, "active": False})
        assert (answer.status, answer.json["name"], answer.json["endpoint"]) == (200, "other", there)
        assert answer.json["active"] is False
        assert author.patch(path, {"active": True}).json["active"] is True
        assert author.patch(path, {"url": "http://169.254.169.254/"}).json["fields"].keys() == {"url"}
        account = Account.objects.get()
        assert (account.name, account.endpoint, account.secret) == ("other", there, made["secret"])

    def test_does_not_move_onto_another_of_the_same_person(
        self, author: Program, made: dict[str, Any], listening: Listening
    ) -> None:
        other = author.post("/webhooks", {"name": "other", "url": listening().url}).json
        answer = author.patch(f"/webhooks/{other['id']}", {"url": made["endpoint"]})
        assert (answer.status, answer.json["fields"].keys()) == (422, {"url"})

    def test_signs_with_the_old_secret_too_until_it_is_rotated_again(
        self, author: Program, receiver: Receiver, made: dict[str, Any]
    ) -> None:
        path = f"/webhooks/{made['id']}/secret"
        first = author.post(path, {}).json["secret"]
        self.arrives(author, receiver, made, made["secret"], first)
        last = author.post(path, {"keep_old": False}).json["secret"]
        assert Account.objects.get().secret == last
        self.arrives(author, receiver, made, last)
        assert list(Entry.objects.values_list("detail", flat=True))[-2:] == [{"renewed": "secret"}] * 2

    def arrives(self, author: Program, receiver: Receiver, made: dict[str, Any], *secrets: str) -> None:
        """A test call arrives that verifies with each of the secrets."""
        answer = author.post(f"/webhooks/{made['id']}/tests")
        assert (answer.status, answer.json["state"]) == (202, "pending")
        drain()
        [listed, *_] = author.get(f"/webhooks/{made['id']}/calls").json
        assert (listed["event"], listed["state"]) == ("webhook.test", "sent")
        call = receiver.received[-1]
        for secret in secrets:
            said = Webhook(secret).verify(call.body, call.headers)
            assert (said["type"], said["data"]) == ("webhook.test", {"webhook": made["id"]})

    def test_is_not_tried_out_while_it_is_off_and_ten_times_a_minute_at_most(
        self, author: Program, made: dict[str, Any]
    ) -> None:
        author.patch(f"/webhooks/{made['id']}", {"active": False})
        statuses = [author.post(f"/webhooks/{made['id']}/tests").status for _ in range(11)]
        assert statuses == [409] * 10 + [429]
        assert not Call.objects.exists()

    def test_is_its_owners_and_editors(self, other: Program, editor: Program, made: dict[str, Any]) -> None:
        path = f"/webhooks/{made['id']}"
        asked = [other.patch(path, {"name": "x"}), other.delete(path), other.post(f"{path}/secret", {})]
        assert [answer.status for answer in [*asked, other.post(f"{path}/tests")]] == [404] * 4
        assert editor.patch(path, {"name": "x"}).status == 200

    def test_is_removed_with_its_secret(self, author: Program, made: dict[str, Any]) -> None:
        assert author.delete(f"/webhooks/{made['id']}").status == 204
        assert (author.get("/webhooks").json, Account.objects.get().secret) == ([], "")
        assert author.delete(f"/webhooks/{made['id']}").status == 404
