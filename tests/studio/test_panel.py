"""The publish panel: everything that follows from a publication is chosen, counted and said before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.models import MailingSettings, Segment, Send, Subscriber
from app.social.models import Account, DummyPost
from owed.testing import drain
from tests import factories
from tests.markup import squeezed
from tests.sinks import Sink
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("author")


@pytest.fixture
def readers() -> None:
    for number in range(3):
        tags = ["press"] if number else []
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now(), tags=tags)


def path(post: Post) -> str:
    return f"/studio/posts/{post.pk}/publish/"


def decided(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends from the panel."""
    plain = {"where": "both", "audience": "", "subject": "", "preview": "", "when": "now", "publish_at": "", "time_zone": ""}
    return {**plain, **changes}


class TestThePanel:
    def test_says_how_many_it_reaches_before_anything_is_mailed(self, writer: Client, draft: Post, readers: None) -> None:
        page = squeezed(writer.get(path(draft)).content)
        assert "3 subscribers now" in page
        assert '<option value="tag:press">#press</option>' in page
        assert "in their digest" not in page
        Subscriber.objects.filter(tags=["press"]).update(frequency="weekly")
        size = writer.get(f"/studio/posts/{draft.pk}/audience", {"audience": "tag:press"}).content
        assert "of them get it in their digest" in squeezed(size)
        assert b"2 subscribers now" in size
        assert b"0 subscribers now" in writer.get(f"/studio/posts/{draft.pk}/audience", {"audience": "tag:none"}).content
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_publishes_as_it_was_decided(self, writer: Client, draft: Post, readers: None, smtp_sink: Sink) -> None:
        answer = writer.post(path(draft), decided(audience="tag:press", subject="Only for you", preview="Beside it"))
        assert answer["Location"] == f"/studio/posts/{draft.pk}/effects/"
        drain()
        assert [mail.recipient for mail in smtp_sink.captured] == ["r1@example.org", "r2@example.org"]
        assert b"Subject: Only for you" in smtp_sink.captured[0].data
        page = squeezed(writer.get(f"/studio/sends/{Send.objects.get().pk}/").content)
        assert "to #press" in page
        assert "2 = 2" in page

    def test_publishes_without_email_and_offers_it_later(self, writer: Client, draft: Post, readers: None) -> None:
        writer.post(path(draft), decided(where="site"))
        page = writer.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert "without email." in page
        assert "being prepared" not in page
        drain()
        assert not Send.objects.exists()
        page = writer.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert "No mailing yet" not in page
        assert "Published without email" in page
        assert f'href="/studio/posts/{draft.pk}/mailing/"' in page

    def test_by_email_only_leaves_the_site_as_it_is(self, writer: Client, draft: Post, readers: None, smtp_sink: Sink) -> None:
        writer.post(path(draft), decided(where="email"))
        drain()
        assert len(smtp_sink.captured) == 3
        assert Client().get("/posts/a-draft/").status_code == 404
        assert "Emailed only" in writer.get(f"/studio/posts/{draft.pk}/").content.decode()
        page = squeezed(writer.get(path(draft)).content)
        assert "3 got this post by email already" in page
        assert 'value="email"' not in page

    def test_plans_in_the_writers_time_zone_and_keeps_the_decision(self, writer: Client, draft: Post, readers: None) -> None:
        answer = writer.post(
            path(draft),
            decided(where="site", when="later", publish_at="2031-05-06T07:08", time_zone="Europe/Berlin"),
            follow=True,
        )
        assert b"6 May 2031, 07:08 (Europe/Berlin)" in answer.content
        draft.refresh_from_db()
        assert (draft.status, draft.publish_at) == ("scheduled", datetime(2031, 5, 6, 5, 8, tzinfo=UTC))
        page = squeezed(writer.get(path(draft)).content)
        assert 'value="2031-05-06T07:08"' in page
        assert 'value="Europe/Berlin" selected' in page
        Post.objects.filter(pk=draft.pk).publish_due(datetime(2031, 5, 7, tzinfo=UTC))
        drain()
        assert not Send.objects.exists()

    def test_needs_a_time_that_is_to_come(self, writer: Client, draft: Post) -> None:
        for at, words in (("", b"Enter a date and a time"), ("2020-01-01T00:00", b"is past")):
            answer = writer.post(path(draft), decided(when="later", publish_at=at, subject="Kept"))
            assert (answer.status_code, words in answer.content, b"Kept" in answer.content) == (422, True, True)
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_shares_where_it_was_ticked_in_the_words_given(self, writer: Client, draft: Post) -> None:
        said, quiet = (Account.objects.create(network="dummy", name=name) for name in ("One", "Two"))
        page = squeezed(writer.get(path(draft)).content)
        assert page.count('type="checkbox"') == 2
        writer.post(path(draft), {**decided(where="site"), f"share-{said.pk}": "on", f"wording-{said.pk}": "In my words"})
        drain()
        [post] = DummyPost.objects.all()
        assert (post.account_id, post.text.startswith("In my words")) == (said.pk, True)
        assert not quiet.social_posts.exists()

    def test_knows_the_address_of_a_post_in_another_script(self, writer: Client, author: User, draft: Post) -> None:
        other = factories.publish(author, "Привет, мир")
        draft.revise(content=f"[fine]({other.get_absolute_url()}) [as well](/posts/{other.slug}/)")
        assert "lead to no page" not in squeezed(writer.get(path(draft)).content)

    def test_lists_what_is_to_be_put_right(self, writer: Client, draft: Post) -> None:
        text = "![](/media/x.png) [dead](/posts/none/) [lost](/nowhere) [](https://example.org/) [fine](/archive/) [here](#a)"
        draft.revise(content=text)
        page = squeezed(writer.get(path(draft)).content)
        assert "1 picture has no description" in page
        assert "lead to no page of this site: /posts/none/, /nowhere<" in page
        assert "1 link has no address or no text" in page

    def test_goes_on_with_an_interrupted_mailing_only_if_it_is_said(
        self, writer: Client, draft: Post, readers: None, smtp_sink: Sink
    ) -> None:
        draft.publish()
        drain()
        send = Send.objects.get()
        send.deliveries.filter(pk=send.deliveries.latest("pk").pk).update(state="withheld")
        draft.withdraw()
        assert "2 got it, 1 did not" in squeezed(writer.get(path(draft)).content)
        writer.post(path(draft), decided(where="site"))
        drain()
        assert send.balance()["withheld"] == 1

    def test_is_for_who_may_publish(self, signed_in: SignedIn, person: Person, draft: Post) -> None:
        mine = Post.objects.create(title="Mine", content="x", author=person("contributor"))
        for who, post in (("reader", draft), ("contributor", mine)):
            client = signed_in(who)
            assert client.get(path(post)).status_code == 403
            assert client.post(path(post), decided()).status_code == 403
            assert client.get(f"/studio/posts/{post.pk}/audience").status_code == 403

    def test_starts_as_the_publication_says(self, signed_in: SignedIn, draft: Post, readers: None) -> None:
        editor = signed_in("editor")
        segment = Segment.objects.create(name="The press", filters={"tag": "press"})
        answer = editor.post(
            "/studio/subscribers/mailings/",
            {"where": "site", "audience": f"segment:{segment.pk}", "delay": "45", "digest_hour": "0", "digest_weekday": ""},
            follow=True,
        )
        assert b"Saved." in answer.content
        assert (MailingSettings.now().digest_hour, MailingSettings.now().digest_weekday) == (0, 0)
        page = squeezed(editor.get(path(draft)).content)
        assert 'value="site" required id="id_where_1" checked' in page
        assert f'value="segment:{segment.pk}" selected' in page
        assert "2 subscribers now" in page
        assert "45 seconds after publication" in page
        assert signed_in("author").get("/studio/subscribers/mailings/").status_code == 403
        assert (
            editor.post("/studio/subscribers/mailings/", {"where": "site", "delay": "90000", "reply_to": "x"}).status_code
            == 422
        )
        assert MailingSettings.objects.get().delay == 45


class TestTheUndo:
    def test_is_offered_and_answers_with_exact_numbers(
        self, writer: Client, draft: Post, readers: None, settings: Settings, smtp_sink: Sink
    ) -> None:
        settings.MAILING_DELAY = timedelta(seconds=600)
        writer.post(path(draft), decided())
        drain()
        send = Send.objects.get()
        for page in (f"/studio/posts/{draft.pk}/effects/", f"/studio/sends/{send.pk}/"):
            shown = squeezed(writer.get(page).content)
            assert "Mailing begins in" in shown
            assert ">Stop</button>" in shown
        answer = squeezed(writer.post(f"/studio/sends/{send.pk}/pause", follow=True).content)
        assert "0 sent, 3 stopped, 0 on their way, 0 in doubt" in answer
        assert "Email the rest" in answer
        writer.post(f"/studio/sends/{send.pk}/cancel")
        drain()
        assert smtp_sink.captured == []
        shown = squeezed(writer.get(f"/studio/sends/{send.pk}/").content)
        assert f'href="/studio/posts/{draft.pk}/mailing/?audience=never"' in shown
        asked = squeezed(writer.get(f"/studio/posts/{draft.pk}/mailing/?audience=never").content)
        assert "Email it to 3 subscribers" in asked
        settings.MAILING_DELAY = timedelta(0)
        writer.post(f"/studio/posts/{draft.pk}/mailing/", {"round": "2", "audience": "never"})
        drain()
        assert len(smtp_sink.captured) == 3
