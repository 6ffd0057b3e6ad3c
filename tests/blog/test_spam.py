"""The spam check: it files what looks bad, and touches nothing that somebody judged."""

import pytest

from app.blog import spam
from app.blog.models import Comment, Post
from owed.testing import drain, owes

pytestmark = [pytest.mark.django_db, pytest.mark.covers("M9")]
LINKS = "Buy at http://a.example and https://b.example or www.c.example"
WORDS = "What a very fine article this is."


def status(comment: Comment) -> str:
    return Comment.objects.get(pk=comment.pk).status


class TestTheSpamCheck:
    def test_is_owed_for_a_guest_and_for_nobody_else(self, public, reader):
        public.comment(author=reader, content="Mine.")
        public.comment(guest_name="Spa", content="x", suspect=True)
        assert not owes("upkeep.judge_comment").exists()
        public.comment(guest_name="Gus", content="Mine.")
        assert owes("upkeep.judge_comment", about=public).count() == 1

    def test_files_more_than_two_links(self, public):
        bad, fair = (public.comment(guest_name="G", content=text) for text in (LINKS, "See http://a.example, b.example"))
        drain()
        assert (status(bad), status(fair)) == ("spam", "held")

    def test_files_words_that_were_said_before_elsewhere(self, public, author):
        other = Post.objects.create(title="Else", content="-", author=author, status="published")
        first, again = (post.comment(guest_name="G", guest_email="g@example.org", content=WORDS) for post in (public, other))
        drain()
        assert (status(first), status(again)) == ("held", "spam")

    def test_lets_a_doubled_click_and_a_short_thanks_be(self, public):
        said = [public.comment(guest_name="G", guest_email="g@example.org", content=WORDS) for _ in range(2)]
        said += [public.comment(guest_name=name, guest_email=f"{name}@example.org", content="Thank you!") for name in "ab"]
        drain()
        assert {status(comment) for comment in said} == {"held"}

    def test_follows_what_an_editor_called_spam(self, public):
        public.comment(guest_name="G", content=WORDS).set_aside("spam")
        again = public.comment(guest_name="G", content=WORDS)
        drain()
        assert status(again) == "spam"

    def test_leaves_what_was_judged_meanwhile(self, public):
        comment = public.comment(guest_name="G", content=LINKS)
        stale = Comment.objects.get()
        comment.approve()
        assert not stale.suspect()
        assert not spam.judge(comment.pk)
        assert (status(comment), Post.objects.get().comment_count) == ("approved", 1)

    def test_can_be_done_twice_and_of_nothing(self, public):
        comment = public.comment(guest_name="G", content=LINKS)
        assert [spam.judge(comment.pk) for _ in range(2)] == [True, False]
        assert not spam.judge(0)
