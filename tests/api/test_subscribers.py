"""The mailing list by programs."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.newsletter.models import Bounce, Subscriber
from tests.api.client import Program

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]


@pytest.fixture
def reading() -> Subscriber:
    return Subscriber.objects.create(email="ann@example.org", name="Ann", state="confirmed", confirmed_at=timezone.now())


class TestSubscribers:
    def test_are_listed_a_page_at_a_time(self, editor: Program) -> None:
        Subscriber.objects.bulk_create(Subscriber(email=f"r{number}@example.org", source="page") for number in range(60))
        first = editor.get("/subscribers", q="example.org", source="page").json
        rest = editor.get("/subscribers", after=first["next"]).json
        emails = [each["email"] for each in first["items"] + rest["items"]]
        assert emails == [f"r{number}@example.org" for number in reversed(range(60))]
        assert (len(first["items"]), rest["next"], first["counts"]["pending"]) == (50, "", 60)

    def test_are_read_unsubscribed_and_erased(self, editor: Program, reading: Subscriber) -> None:
        path = f"/subscribers/{reading.pk}"
        assert editor.get(path).json["mails"] == []
        assert editor.delete(f"{path}/subscription").json["state"] == "unsubscribed"
        assert [editor.delete(path).status, editor.get(path).status, editor.delete(path).status] == [204, 404, 404]

    def test_are_added_by_hand_once(self, editor: Program, reading: Subscriber) -> None:
        body = {"email": "bob@example.org", "consent": "Asked me by telephone"}
        made = editor.post("/subscribers/invitations", body)
        assert (made.status, made.json["state"], made.json["source"]) == (201, "pending", "hand")
        assert editor.get(made.headers["Location"].removeprefix("/api/v1")).json["consent_text"] == "Asked me by telephone"
        refused = editor.post("/subscribers/invitations", {**body, "email": "ANN@example.org"})
        assert (refused.status, refused.json["detail"]) == (409, "This address is subscribed already.")

    def test_are_tagged_and_found_by_tag(self, editor: Program, reading: Subscriber) -> None:
        path = f"/subscribers/{reading.pk}/tags"
        assert editor.put(path, {"tags": ["press", "press"]}).json["tags"] == ["press"]
        assert [each["id"] for each in editor.get("/subscribers", tag="press").json["items"]] == [reading.pk]
        assert editor.get("/subscribers", tag="other").json["items"] == []
        assert [editor.put(path, {"tags": wrong}).status for wrong in ([""], ["x" * 51], "x", ["x"] * 51)] == [422] * 4

    def test_choose_how_often_they_get_email_and_are_found_by_it(self, editor: Program, reading: Subscriber) -> None:
        path = f"/subscribers/{reading.pk}/frequency"
        chosen = editor.put(path, {"frequency": "daily", "time_zone": "Europe/Berlin"}).json
        assert (chosen["frequency"], chosen["time_zone"]) == ("daily", "Europe/Berlin")
        assert editor.put(path, {"frequency": "weekly"}).json["time_zone"] == "Europe/Berlin"
        assert [each["id"] for each in editor.get("/subscribers", frequency="weekly").json["items"]] == [reading.pk]
        assert editor.get("/subscribers", frequency="each").json["items"] == []
        wrong: list[dict[str, str]] = [{"frequency": "hourly"}, {"frequency": "daily", "time_zone": "Mars/Crater"}, {}]
        assert [editor.put(path, body).status for body in wrong] == [422] * 3
        reading.digests.create(period="2026-06-01", frequency="weekly")
        [digest] = editor.get(f"/subscribers/{reading.pk}").json["digests"]
        assert (digest["period"], digest["state"], digest["posts"]) == ("2026-06-01", "pending", [])

    @pytest.mark.parametrize(
        "body",
        [{}, {"email": "no", "consent": "x"}, {"email": "a@b.example"}, {"email": "a@b.example", "consent": "", "state": "x"}],
    )
    def test_are_not_added_without_address_and_consent(self, editor: Program, body: dict[str, str]) -> None:
        assert (editor.post("/subscribers/invitations", body).status, Subscriber.objects.count()) == (422, 0)

    @pytest.mark.parametrize("query", [{"state": "dead"}, {"after": "x"}, {"since": "tomorrow"}, {"q": "a\x00"}])
    def test_are_not_listed_by_what_is_not_a_filter(self, editor: Program, query: dict[str, str]) -> None:
        assert editor.get("/subscribers", **query).status == 422

    def test_are_nothing_to_authors_and_strangers(self, author: Program, anybody: Program, reading: Subscriber) -> None:
        for path in ("/subscribers", f"/subscribers/{reading.pk}", "/subscribers/999"):
            assert (author.get(path).status, anybody.get(path).status) == (403, 401)
        assert author.post("/subscribers/invitations", {"email": "a@b.example", "consent": "x"}).status == 403
        assert (author.delete(f"/subscribers/{reading.pk}").status, Subscriber.objects.count()) == (403, 1)

    def test_that_bounced_are_lifted_once(self, editor: Program, reading: Subscriber) -> None:
        Bounce.objects.create(subscriber=reading, message_id="<1@example.org>", kind="gone", status="5.1.1")
        Subscriber.objects.update(state="bounced")
        path = f"/subscribers/{reading.pk}"
        assert [(each["kind"], each["lifted_at"]) for each in editor.get(path).json["reports"]] == [("gone", None)]
        lifted = editor.delete(f"{path}/suppression")
        assert (lifted.status, lifted.json["state"]) == (200, "confirmed")
        assert editor.delete(f"{path}/suppression").status == 409
        assert editor.get(path).json["reports"][0]["lifted_at"]
