"""A post on its way to readers: submitted, discussed, assigned, given back."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import Profile, User
from app.blog.models import Post
from app.team.models import Note, Review
from owed.testing import drain
from tests import factories
from tests.sinks import Sink, check
from tests.team.newsroom import logged, subjects

pytestmark = pytest.mark.django_db
LETTER = "Please look at the numbers."


@pytest.fixture
def draft(carl: User) -> Post:
    """Return a contributor's draft."""
    return factories.write(carl, "On dams")


@pytest.fixture
def desk_of_carl(carl: User) -> Client:
    client = Client()
    client.force_login(carl)
    return client


def submit(client: Client, post: Post, text: str = LETTER) -> int:
    status = client.post(f"/studio/posts/{post.pk}/review/submission", {"text": text}).status_code
    drain()
    return status


def titles(client: Client, query: str) -> list[str]:
    return [post.title for post in client.get(f"/studio/{query}").context["page"]]


class TestASubmission:
    def test_reaches_every_editor_by_mail_with_its_letter(
        self, desk_of_carl: Client, draft: Post, edith: User, ada: User, anna: User, smtp_sink: Sink
    ) -> None:
        submit(desk_of_carl, draft)
        assert sorted(each.recipient for each in smtp_sink.captured) == ["ada@example.org", "edith@example.org"]
        for mail in smtp_sink.captured:
            check(mail)
            assert str(mail.message["Subject"]) == "“On dams” by carl waits for review"
            assert LETTER in mail.body("plain")
            assert f"/studio/posts/{draft.pk}/" in mail.body("html")
        assert logged() == ["post.submitted"]

    def test_is_listed_for_editors_until_the_post_is_public(self, desk_of_carl: Client, draft: Post, desk: Client) -> None:
        factories.write(draft.author, "Another")
        assert titles(desk, "?review=waiting") == []
        submit(desk_of_carl, draft)
        assert titles(desk, "?review=waiting") == ["On dams"]
        desk.post(f"/studio/posts/{draft.pk}/publication")
        assert titles(desk, "?review=waiting") == []
        desk.post(f"/studio/posts/{draft.pk}/publication", {"_method": "delete"})
        assert titles(desk, "?review=waiting") == []

    def test_once_more_reaches_editors_again(self, desk_of_carl: Client, draft: Post, edith: User, smtp_sink: Sink) -> None:
        submit(desk_of_carl, draft)
        submit(desk_of_carl, draft, "Done.")
        assert len(subjects(smtp_sink, "edith@example.org")) == 2
        assert "Done." in smtp_sink.captured[1].body("plain")

    def test_mails_no_editor_who_turned_it_off(self, desk_of_carl: Client, draft: Post, edith: User, smtp_sink: Sink) -> None:
        Profile.objects.filter(user=edith).update(notify_reviews=False)
        submit(desk_of_carl, draft)
        assert smtp_sink.captured == []

    def test_is_not_mailed_when_the_post_was_published_meanwhile(
        self, desk_of_carl: Client, draft: Post, edith: User, desk: Client, smtp_sink: Sink
    ) -> None:
        desk_of_carl.post(f"/studio/posts/{draft.pk}/review/submission")
        desk.post(f"/studio/posts/{draft.pk}/publication")
        drain()
        assert "“On dams” by carl waits for review" not in subjects(smtp_sink, "edith@example.org")

    def test_of_a_public_post_is_refused(self, desk: Client, anna: User) -> None:
        post = factories.publish(anna)
        submit(desk, post)
        assert not Review.objects.exists()

    def test_is_for_those_who_may_change_the_post(self, draft: Post, anna: User) -> None:
        client = Client()
        client.force_login(anna)
        assert client.get(f"/studio/posts/{draft.pk}/review/").status_code == 403
        assert submit(client, draft) == 403

    def test_is_given_back_with_a_note_to_the_author(
        self, desk_of_carl: Client, draft: Post, desk: Client, smtp_sink: Sink
    ) -> None:
        submit(desk_of_carl, draft)
        smtp_sink.captured.clear()
        desk.post(f"/studio/posts/{draft.pk}/review/submission", {"_method": "delete", "text": "Which dams?"})
        drain()
        assert subjects(smtp_sink, "carl@example.org") == ["edith wrote a note on “On dams”"]
        assert titles(desk, "?review=waiting") == []
        assert logged() == ["post.submitted", "post.returned"]


class TestANote:
    def test_is_mailed_to_the_author_and_those_who_work_on_the_post(
        self, desk: Client, desk_of_carl: Client, draft: Post, ada: User, anna: User, smtp_sink: Sink
    ) -> None:
        desk.post(f"/studio/posts/{draft.pk}/review/notes", {"text": "Shorter, please."})
        drain()
        assert [each.recipient for each in smtp_sink.captured] == ["carl@example.org"]
        desk_of_carl.post(f"/studio/posts/{draft.pk}/review/notes", {"text": "Better now?"})
        drain()
        assert smtp_sink.captured[-1].recipient == "edith@example.org"
        assert "Better now?" in smtp_sink.captured[-1].body("plain")
        page = desk_of_carl.get(f"/studio/posts/{draft.pk}/review/").content.decode()
        assert page.index("Better now?") < page.index("Shorter, please.")

    def test_is_never_shown_to_readers(self, desk: Client, anna: User) -> None:
        post = factories.publish(anna)
        desk.post(f"/studio/posts/{post.pk}/review/notes", {"text": "A secret remark."})
        assert b"A secret remark." not in Client().get(post.get_absolute_url()).content

    def test_says_something(self, desk: Client, draft: Post) -> None:
        desk.post(f"/studio/posts/{draft.pk}/review/notes", {"text": "  \n"})
        assert not Note.objects.exists()


class TestAnAssignment:
    def test_notifies_the_assignee_and_filters_the_list(self, desk: Client, draft: Post, ada: User, smtp_sink: Sink) -> None:
        factories.write(draft.author, "Another")
        desk.post(f"/studio/posts/{draft.pk}/review/assignee", {"to": ada.pk})
        drain()
        assert subjects(smtp_sink, "ada@example.org") == ["edith assigned you “On dams”"]
        assert titles(desk, f"?assignee={ada.pk}") == ["On dams"]
        assert titles(desk, "?assignee=none") == ["Another"]

    def test_of_oneself_mails_no_one(self, desk: Client, edith: User, draft: Post, smtp_sink: Sink) -> None:
        desk.post(f"/studio/posts/{draft.pk}/review/assignee", {"to": edith.pk})
        desk.post(f"/studio/posts/{draft.pk}/review/assignee", {"to": ""})
        drain()
        assert smtp_sink.captured == []
        assert Review.objects.get().assignee is None

    def test_goes_to_editors_and_the_author_alone(self, desk: Client, draft: Post, anna: User) -> None:
        assert desk.post(f"/studio/posts/{draft.pk}/review/assignee", {"to": anna.pk}).status_code == 404

    def test_is_made_by_editors(self, desk_of_carl: Client, carl: User, draft: Post) -> None:
        assert desk_of_carl.post(f"/studio/posts/{draft.pk}/review/assignee", {"to": carl.pk}).status_code == 403


class TestTheListOfPosts:
    def test_is_filtered_by_author(self, desk: Client, draft: Post, anna: User) -> None:
        factories.write(anna, "On rivers")
        assert titles(desk, f"?author={anna.pk}") == ["On rivers"]
        assert sorted(titles(desk, "?author=x")) == ["On dams", "On rivers"]

    def test_of_a_contributor_offers_no_authors(self, desk_of_carl: Client, draft: Post) -> None:
        assert b'name="author"' not in desk_of_carl.get("/studio/").content
