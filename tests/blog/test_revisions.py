"""What a post said before is kept, with who saved it, and comes back as a new revision."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import Role, User
from app.blog import revisions
from app.blog.errors import RevisedMeanwhile
from app.blog.models import Post, Revision
from app.blog.revisions import acting
from app.members import erasure
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return factories.person("ada", Role.EDITOR)


@pytest.fixture
def post(ada: User) -> Post:
    return factories.write(ada, "Title", "One.")


def kept(post: Post) -> list[tuple[int, str, str | None]]:
    found = Revision.objects.filter(post=post).order_by("number")
    return [(each.number, each.content, each.saved_by.username if each.saved_by else None) for each in found]


class TestAChange:
    def test_keeps_what_was_there_before_and_who_replaced_it(self, post: Post, ada: User) -> None:
        assert kept(post) == []
        with acting(ada):
            post.revise(content="Two.")
        assert kept(post) == [(1, "One.", None), (2, "Two.", "ada")]

    def test_keeps_a_new_post_that_a_person_writes(self, ada: User) -> None:
        with acting(ada):
            post = factories.write(ada, "New", "Mine.")
            post.revise(content="Mine, too.")
        assert kept(post) == [(1, "Mine.", "ada"), (2, "Mine, too.", "ada")]

    def test_by_save_is_kept_as_well(self, post: Post) -> None:
        post.excerpt = "Short."
        post.save()
        assert list(Revision.objects.order_by("number").values_list("excerpt", flat=True)) == ["", "Short."]

    def test_of_what_is_no_text_keeps_nothing(self, post: Post) -> None:
        post.revise(slug="elsewhere")
        post.publish()
        post.revise(content="One.")
        assert kept(post) == []

    def test_after_publication_keeps_the_old_text_once(self, post: Post) -> None:
        post.revise(content="Two.")
        post.publish()
        post.revise(content="Three.")
        assert [text for _, text, _ in kept(post)] == ["One.", "Two.", "Three."]

    def test_that_fails_keeps_nothing(self, post: Post) -> None:
        with pytest.raises(RevisedMeanwhile):
            post.revise(content="Two.", expected_revision=7)
        assert kept(post) == []

    def test_costs_three_statements_more(self, post: Post) -> None:
        post.revise(content="Two.")
        with CaptureQueriesContext(connection) as seen:
            post.revise(content="Three.")
        assert len([each for each in seen.captured_queries if "blog_revision" in each["sql"]]) == 3

    def test_forgets_all_but_the_newest(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(revisions, "MOST", 3)
        for number in range(5):
            post.revise(content=f"Text {number}.")
        assert [text for _, text, _ in kept(post)] == ["Text 2.", "Text 3.", "Text 4."]


class TestAConflict:
    def test_is_an_edit_in_between(self, post: Post) -> None:
        seen = post.revision
        Post.objects.get().revise(slug="elsewhere")
        with pytest.raises(RevisedMeanwhile):
            post.revise(content="Mine.", expected_revision=seen)

    def test_is_not_made_by_publication(self, post: Post) -> None:
        post.revise(content="Two.")
        seen = post.revision
        other = Post.objects.get()
        other.publish()
        other.withdraw()
        post.revise(content="Mine.", expected_revision=seen)
        assert Post.objects.get().content == "Mine."


class TestRestoring:
    def test_is_a_new_revision(self, post: Post, ada: User) -> None:
        post.revise(content="Two.", title="Other")
        with acting(ada):
            assert revisions.restore(post, Revision.objects.get(number=1))
        restored = Revision.objects.get(number=3)
        assert (restored.title, restored.content, restored.restored_from) == ("Title", "One.", 1)
        assert (Post.objects.get().title, Post.objects.get().content) == ("Title", "One.")

    def test_twice_changes_nothing_more(self, post: Post) -> None:
        post.revise(content="Two.")
        first = Revision.objects.get(number=1)
        assert [revisions.restore(post, first), revisions.restore(post, first)] == [True, False]
        assert Revision.objects.count() == 3

    def test_waits_for_a_look_at_what_was_edited_meanwhile(self, post: Post) -> None:
        post.revise(content="Two.")
        Post.objects.get().revise(content="Three.")
        with pytest.raises(RevisedMeanwhile):
            revisions.restore(post, Revision.objects.get(number=1), expected_revision=2)
        assert Post.objects.get().content == "Three."


class TestWhatGoes:
    def test_goes_with_its_post(self, post: Post) -> None:
        post.revise(content="Two.")
        post.delete()
        assert Revision.objects.count() == 0

    def test_loses_the_name_of_an_erased_person(self, post: Post) -> None:
        grace = factories.person("grace", Role.EDITOR)
        with acting(grace):
            post.revise(content="Two.")
        User.objects.filter(pk=grace.pk).update(is_active=False)
        for _ in range(3):
            erasure.erase(grace.pk)
        assert not User.objects.filter(pk=grace.pk).exists()
        assert kept(post) == [(1, "One.", None), (2, "Two.", None)]
