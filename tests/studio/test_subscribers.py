"""The mailing list as an editor sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.digests import make_due
from app.newsletter.models import Bounce, Delivery, Digest, ErasedAddress, Greeting, Segment, Send, Subscriber
from owed.testing import drain
from tests import factories
from tests.markup import squeezed
from tests.sinks import Sink
from tests.studio.forms import Person, SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]
FORM = {"email": "Ann@Example.org", "name": "Ann", "consent": "Signed the list at the fair"}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def edith(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def reader(email: str, state: str = "confirmed", **fields: Any) -> Subscriber:
    confirmed = {"confirmed_at": timezone.now()} if state == "confirmed" else {}
    return Subscriber.objects.create(email=email, state=state, **confirmed, **fields)


def shown(client: Client, query: str = "") -> list[str]:
    """Return the addresses of a page of the list, in order."""
    return [each.email for each in client.get(f"/studio/subscribers/{query}").context["page"].subscribers]


class TestTheList:
    def test_is_filtered_by_words_state_source_and_day(self, edith: Client) -> None:
        reader("ann@example.org", name="Ann Özil", source="page", created_at=NOON)
        reader("bob@example.net", "unsubscribed", source="hand", created_at=NOON + timedelta(days=1))
        reader("cleo@example.org", "pending", source="page", created_at=NOON + timedelta(days=2))
        assert shown(edith) == ["cleo@example.org", "bob@example.net", "ann@example.org"]
        assert shown(edith, "?q=EXAMPLE.ORG") == ["cleo@example.org", "ann@example.org"]
        assert shown(edith, "?q=özil") == ["ann@example.org"]
        assert shown(edith, "?state=unsubscribed") == ["bob@example.net"]
        assert shown(edith, "?source=page&state=pending") == ["cleo@example.org"]
        assert shown(edith, "?since=2026-05-02&until=2026-05-02") == ["bob@example.net"]
        assert shown(edith, "?until=9999-12-31") == shown(edith)

    def test_counts_by_state_what_the_other_filters_leave(self, edith: Client) -> None:
        for number, state in enumerate(["confirmed", "confirmed", "bounced"]):
            reader(f"r{number}@example.org", state)
        reader("other@example.net")
        context = edith.get("/studio/subscribers/?q=example.org&state=bounced").context
        assert {state: number for state, _, number in context["states"]} == {
            "pending": 0, "confirmed": 2, "unsubscribed": 0, "bounced": 1,
        }  # fmt: skip
        assert context["total"] == 3

    def test_goes_through_every_subscriber_by_key_and_back(self, edith: Client) -> None:
        times = [NOON + timedelta(minutes=number // 3) for number in range(120)]
        rows = [Subscriber(email=f"r{number}@example.org", created_at=at) for number, at in enumerate(times)]
        Subscriber.objects.bulk_create(rows)
        expected = [f"r{number}@example.org" for number in reversed(range(120))]
        pages, query = [], ""
        while True:
            page = edith.get(f"/studio/subscribers/{query}").context["page"]
            pages.append([each.email for each in page.subscribers])
            reader(f"late-{len(pages)}@example.org", "pending", created_at=NOON + timedelta(days=1))
            if not page.older:
                break
            query = f"?after={page.older}"
        assert [len(each) for each in pages] == [50, 50, 20]
        assert [each for page_ in pages for each in page_] == expected
        assert shown(edith, f"?before={page.newer}") == pages[1]

    @pytest.mark.parametrize("query", ["?after=x", "?after=9-9-9", "?before=99999999999999999999-1", "?after=²-1", "?q=%00",
                                       "?since=tomorrow", "?state=dead", "?after=1-99999999999999999999"])  # fmt: skip
    def test_opens_whatever_is_asked(self, edith: Client, query: str) -> None:
        assert edith.get(f"/studio/subscribers/{query}").status_code == 200

    def test_costs_the_same_queries_whatever_its_length(self, edith: Client) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                edith.get("/studio/subscribers/")
            return len(captured)

        reader("one@example.org")
        few = queries()
        for number in range(20):
            reader(f"r{number}@example.org")
        assert queries() == few


class TestASegment:
    def test_is_by_tag_and_by_what_was_received(self, edith: Client, person: Person) -> None:
        ann, bob = reader("ann@example.org", tags=["friend"]), reader("bob@example.org", tags=["friend", "press"])
        reader("cleo@example.org")
        post = factories.write(person("author"), "Sent", status="published")
        send = Send.objects.create(post=post)
        Delivery.objects.create(send=send, post=post, subscriber=ann, state="sent")
        Delivery.objects.create(send=send, post=post, subscriber=bob, state="failed")
        assert shown(edith, "?tag=friend") == ["bob@example.org", "ann@example.org"]
        assert shown(edith, f"?received={post.pk}") == ["ann@example.org"]
        assert shown(edith, f"?missed={post.pk}&tag=friend") == ["bob@example.org"]
        assert shown(edith, "?tag=fri") == []

    def test_says_where_it_is_not_known_any_more(self, edith: Client, person: Person) -> None:
        reader("ann@example.org")
        post = factories.write(person("author"), "Sent", status="published")
        Send.objects.create(post=post, summary={"sent": 1})
        page = edith.get(f"/studio/subscribers/?missed={post.pk}")
        assert page.context["page"].subscribers == []
        assert "were removed after some months" in page.content.decode()

    def test_is_saved_opened_and_deleted(self, edith: Client) -> None:
        reader("ann@example.org", tags=["a & b"], created_at=NOON)
        reader("bob@example.org")
        filters = {"tag": "a & b", "until": "2026-05-01", "page": "9", "state": "none"}
        answer = edith.post("/studio/subscribers/segments/", {"name": "Friends", **filters})
        assert answer["Location"] == "/studio/subscribers/?tag=a+%26+b&until=2026-05-01"
        segment = Segment.objects.get()
        assert shown(edith, f"?{segment.query}") == ["ann@example.org"]
        again = edith.post("/studio/subscribers/segments/", {"name": "Friends", "tag": "x"}, follow=True).content.decode()
        assert "A segment has this name already." in again
        edith.post(f"/studio/subscribers/segments/{segment.pk}/deletion")
        assert (Segment.objects.count(), Subscriber.objects.count()) == (0, 2)

    @pytest.mark.parametrize("form", [{"name": "All"}, {"name": "", "q": "x"}, {"q": "x"}])
    def test_without_a_name_or_a_filter_is_refused(self, edith: Client, form: dict[str, str]) -> None:
        edith.post("/studio/subscribers/segments/", form)
        assert not Segment.objects.exists()

    def test_is_made_of_tags_that_an_editor_sets(self, edith: Client) -> None:
        ann = reader("ann@example.org")
        edith.post(f"/studio/subscribers/{ann.pk}/tags", {"tags": " friend, press ,,friend, two  words"})
        ann.refresh_from_db()
        assert ann.tags == ["friend", "press", "two words"]

    def test_is_nothing_to_authors(self, signed_in: SignedIn) -> None:
        ann, author = reader("ann@example.org"), signed_in("author")
        paths = ("segments/", "segments/1/deletion", f"{ann.pk}/tags")
        assert {author.post(f"/studio/subscribers/{path}").status_code for path in paths} == {403}


class TestOneReader:
    def test_is_shown_with_the_proof_and_every_mail(
        self, edith: Client, client: Client, person: Person, smtp_sink: Sink
    ) -> None:
        client.post("/subscribe/", {"email": "ann@example.org"})
        drain()
        ann = Subscriber.objects.get()
        ann.confirm()
        factories.publish(person("author"), "Out now")
        drain()
        page = edith.get(f"/studio/subscribers/{ann.pk}/").content.decode()
        for fact in ("ann@example.org", "Send me each new post by email", "Subscribe page", "/subscribe/", "digest of the IP"):
            assert fact in page, fact
        assert "Out now" in page
        assert page.count('class="chip sent"') == 2
        assert ann.token not in page

    def test_is_exported_whole(self, edith: Client, person: Person) -> None:
        ann = reader("ann@example.org", name="Ann", consent_text="Yes")
        post = factories.write(person("author"), "Sent", status="published")
        send = Send.objects.create(post=post)
        Delivery.objects.create(send=send, post=post, subscriber=ann, state="failed", error="550 no")
        answer = edith.get(f"/studio/subscribers/{ann.pk}/export.json")
        kept = answer.json()
        assert answer["Content-Disposition"] == f'attachment; filename="subscriber-{ann.pk}.json"'
        assert (kept["email"], kept["name"], kept["consent_text"]) == ("ann@example.org", "Ann", "Yes")
        assert [(each["post"]["title"], each["state"], each["error"]) for each in kept["mails"]] == [
            ("Sent", "failed", "550 no")
        ]
        assert ann.token not in answer.content.decode()

    def test_gets_a_digest_that_an_editor_chose_and_it_is_listed(self, edith: Client, person: Person, smtp_sink: Sink) -> None:
        found = reader("ann@example.org")
        form = {"frequency": "weekly", "time_zone": "Asia/Tokyo"}
        answer = edith.post(f"/studio/subscribers/{found.pk}/frequency", form, follow=True)
        assert "What waits for a digest" in answer.content.decode()
        assert shown(edith, "?frequency=weekly") == ["ann@example.org"]
        assert shown(edith, "?frequency=daily") == []
        for wrong in ({"frequency": "yearly"}, {"frequency": "daily", "time_zone": "Mars/Crater"}):
            edith.post(f"/studio/subscribers/{found.pk}/frequency", wrong)
        found.refresh_from_db()
        assert (found.frequency, found.time_zone) == ("weekly", "Asia/Tokyo")
        post = factories.publish(person("author"))
        drain()
        send = Send.objects.get()
        Send.objects.update(created_at=timezone.now() - timedelta(days=7))
        make_due()
        page = edith.get(f"/studio/sends/{send.pk}/?state=digest").content
        assert "In digests: 0 sent, 1 waiting, 0 failed, 0 in doubt." in squeezed(page)
        Digest.objects.update(state="failed")
        page = edith.get(f"/studio/sends/{send.pk}/").content
        assert "In digests: 0 sent, 0 waiting, 1 failed, 0 in doubt." in squeezed(page)
        assert "0 received it, 1 did not." in squeezed(page)
        digest = Digest.objects.get()
        assert f"/studio/digests/{digest.pk}/again" in edith.get(f"/studio/subscribers/{found.pk}/").content.decode()
        edith.post(f"/studio/digests/{digest.pk}/again")
        drain()
        assert [mail.recipient for mail in smtp_sink.captured] == ["ann@example.org"]
        assert shown(edith, f"?received={post.pk}") == ["ann@example.org"]
        assert "In digests: 1 sent, 0 waiting" in squeezed(edith.get(f"/studio/sends/{send.pk}/").content)

    def test_is_shown_with_the_welcome(self, edith: Client) -> None:
        ann = reader("ann@example.org")
        path = f"/studio/subscribers/{ann.pk}/"
        assert "No emails yet." in edith.get(path).content.decode()
        Greeting.objects.create(subscriber=ann, state="sent", created_at=NOON)
        assert "Welcome email, 1 May 2026" in squeezed(edith.get(path).content)

    def test_is_unsubscribed(self, edith: Client) -> None:
        ann = reader("ann@example.org")
        edith.post(f"/studio/subscribers/{ann.pk}/unsubscription")
        ann.refresh_from_db()
        assert (ann.state, ann.unsubscribed_at is not None) == ("unsubscribed", True)

    def test_is_erased_and_the_mailing_still_balances(self, edith: Client, person: Person) -> None:
        ann = reader("ann@example.org")
        post: Post = factories.write(person("author"), "Sent", status="published")
        send = Send.objects.create(post=post, candidates=1)
        Delivery.objects.create(send=send, post=post, subscriber=ann, state="sent")
        edith.post(f"/studio/subscribers/{ann.pk}/erasure")
        assert not Subscriber.objects.exists()
        assert (send.balances, Delivery.objects.get().subscriber) == (True, None)
        assert "ann" not in str(ErasedAddress.objects.values().get())

    def test_changes_by_no_get(self, edith: Client) -> None:
        ann = reader("ann@example.org")
        for verb in ("unsubscription", "erasure"):
            assert edith.get(f"/studio/subscribers/{ann.pk}/{verb}").status_code == 405


class TestBounces:
    def test_are_shown_and_lifted(self, edith: Client, draft: Post) -> None:
        ann = reader("ann@example.org", "bounced", confirmed_at=NOON)
        send = Send.objects.create(post=draft, state="finished")
        Bounce.objects.create(subscriber=ann, send=send, message_id="<1@example.org>", kind="failed", status="5.2.2")
        path = f"/studio/subscribers/{ann.pk}/"
        page = edith.get(path).content.decode()
        assert [text in page for text in ("5.2.2", "Not delivered", "Lift: email this address again")] == [True] * 3
        mailing = " ".join(edith.get(f"/studio/sends/{send.pk}/").content.decode().split())
        assert "1 not delivered after all, 0 reported as spam" in mailing
        assert "Lifted" in edith.post(f"{path}suppression", follow=True).content.decode()
        ann.refresh_from_db()
        assert (ann.state, Bounce.objects.counting().count()) == ("confirmed", 0)
        assert "not held back" in edith.post(f"{path}suppression", follow=True).content.decode()

    def test_of_one_who_never_confirmed_are_lifted_to_pending(self, edith: Client) -> None:
        ann = reader("ann@example.org", "bounced")
        edith.post(f"/studio/subscribers/{ann.pk}/suppression")
        ann.refresh_from_db()
        assert ann.state == "pending"


class TestAddingByHand:
    def test_asks_the_address_and_says_what_was_noted(self, edith: Client, person: Person, smtp_sink: Sink) -> None:
        edith.post("/studio/subscribers/new/", FORM)
        drain()
        ann = Subscriber.objects.get()
        assert (ann.email, ann.name, ann.state, ann.source) == ("Ann@example.org", "Ann", "pending", "hand")
        assert (ann.added_by, ann.consent_text) == (person("editor"), "Signed the list at the fair")
        [mail] = smtp_sink.captured
        for kind in ("plain", "html"):
            assert "Signed the list at the fair" in mail.body(kind)
            assert f"/subscriptions/{ann.token}/" in mail.body(kind)
            assert "asked to subscribe" not in mail.body(kind)

    def test_sends_no_post_before_they_confirm(self, edith: Client, person: Person, smtp_sink: Sink) -> None:
        edith.post("/studio/subscribers/new/", FORM)
        factories.publish(person("author"), "Out now")
        drain()
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize(
        ("state", "answer"),
        [
            ("confirmed", "subscribed already"),
            ("unsubscribed", "Only its owner can subscribe it again"),
            ("bounced", "does not exist"),
        ],
    )
    def test_brings_no_one_back(self, edith: Client, smtp_sink: Sink, state: str, answer: str) -> None:
        before = reader("ann@example.org", state)
        page = edith.post("/studio/subscribers/new/", FORM)
        drain()
        assert (page.status_code, answer in page.content.decode()) == (422, True)
        assert Subscriber.objects.get().state == before.state == state
        assert smtp_sink.captured == []

    def test_brings_back_no_erased_address_but_its_owner_may(self, edith: Client, client: Client) -> None:
        reader("ann@example.org").erase()
        page = edith.post("/studio/subscribers/new/", FORM)
        assert (page.status_code, "was erased" in page.content.decode()) == (422, True)
        assert not Subscriber.objects.exists()
        client.post("/subscribe/", {"email": "ANN@example.org"})
        assert Subscriber.objects.get().state == "pending"

    def test_asks_again_by_the_readers_own_words(self, edith: Client) -> None:
        Subscriber.objects.subscribe("ann@example.org", source="page", consent="My own words", ip="203.0.113.9")
        edith.post("/studio/subscribers/new/", FORM)
        ann = Subscriber.objects.get()
        assert (ann.consent_text, ann.source, ann.confirmations.count()) == ("My own words", "page", 2)

    @pytest.mark.parametrize(
        "wrong", [{"email": "no"}, {"consent": ""}, {"consent": " "}, {"email": "a@b.example\r\nBcc: c@d.example"}]
    )
    def test_needs_an_address_and_how_they_agreed(self, edith: Client, wrong: dict[str, str]) -> None:
        assert edith.post("/studio/subscribers/new/", {**FORM, **wrong}).status_code == 422
        assert not Subscriber.objects.exists()

    def test_is_slowed_down(self, edith: Client) -> None:
        cache.clear()
        answers = [edith.post("/studio/subscribers/new/", {**FORM, "email": f"r{n}@example.org"}) for n in range(31)]
        assert [answer.status_code for answer in answers[-2:]] == [302, 429]
