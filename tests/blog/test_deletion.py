from itertools import permutations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from app.accounts.models import Profile, Role, User
from app.blog import versions
from app.blog.models import Comment, Like, Post, Tag
from app.search.models import Document
from owed.testing import drain
from tests.blog.announcements import counts, names

pytestmark = pytest.mark.django_db


def written(author: User, number: int) -> list[Post]:
    return Post.objects.bulk_create(
        [Post(title=f"Post {n}", content="-", author=author, status="published" if n % 2 else "draft") for n in range(number)]
    )


class TestDeletingPosts:
    @pytest.mark.covers("H9", "M12", "H6")
    def test_one_says_which_and_where_it_stood(self, public, author, said):
        tag = Tag.objects.create(name="News", slug="news")
        public.revise(tags=[tag])
        said.clear()
        pk, slug = public.pk, public.slug
        with transaction.atomic():
            public.delete()
            assert public.pk is None

        ((name, kwargs),) = said
        assert (name, kwargs["post_id"]) == ("post_deleted", pk)
        assert (kwargs["before"].slug, kwargs["before"].tag_ids, kwargs["before"].author_id) == (slug, (tag.pk,), author.pk)
        assert counts(author) == (0, 0)

    @pytest.mark.covers("H6", "M12")
    def test_in_bulk_counts_and_says_each_once(self, author, said):
        written(author, 7)
        other = Post.objects.create(title="Other", content="-", author=User.objects.create_user("bob"), status="published")
        said.clear()
        Post.objects.exclude(pk=other.pk).delete()

        assert names(said) == ["post_deleted"] * 7
        assert counts(author) == (0, 0)
        assert counts(other.author) == (1, 1)

    @pytest.mark.covers("H8")
    def test_takes_as_many_queries_for_many_as_for_few(self, author):
        queries = []
        for number in (5, 50):
            written(author, number)
            with CaptureQueriesContext(connection) as captured:
                Post.objects.all().delete()
            queries.append(len(captured))

        assert queries[1] <= queries[0] + 3

    @pytest.mark.covers("H9")
    def test_a_stale_copy_says_and_counts_nothing(self, public, author, said):
        stale = Post.objects.get()
        public.delete()
        said.clear()
        stale.delete()

        assert said == []
        assert counts(author) == (0, 0)

    @pytest.mark.covers("H9", "H6")
    def test_that_is_rolled_back_can_be_done_again(self, public, author, said):
        posts = Post.objects.all()
        with pytest.raises(RuntimeError), transaction.atomic():
            posts.delete()
            raise RuntimeError
        assert counts(author) == (1, 1)
        said.clear()
        posts.all().delete()

        assert names(said) == ["post_deleted"]
        assert counts(author) == (0, 0)

    @pytest.mark.covers("H6", "G5")
    def test_rows_that_nobody_counted_leaves_no_negative_count(self, draft, author):
        Profile.objects.update(post_count=0)
        draft.delete()

        assert counts(author) == (0, 0)

    @pytest.mark.covers("H6")
    def test_without_a_profile_brings_none_back(self, draft, author):
        Profile.objects.all().delete()
        draft.delete()

        assert not Profile.objects.exists()

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.covers("H9", "G9", "E3")
    def test_by_a_view_in_a_transaction_of_the_request_takes_it_out_of_search(self, client, public, author, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        drain()
        client.force_login(author)
        assert b"/posts/in-public/" in client.get("/search/?q=public").content
        client.post(f"/studio/posts/{public.pk}/deletion")
        drain()

        assert not Post.objects.exists()
        assert not Document.objects.exists()
        assert b"/posts/in-public/" not in client.get("/search/?q=public").content

    def test_a_draft_leaves_pages_as_they_are(self, draft, said):
        draft.delete()

        assert versions.current("site") == 0
        assert said[0][1]["before"].feeds() == set()


class TestDeletingUsers:
    @pytest.mark.covers("H6", "H7")
    @pytest.mark.parametrize("order", list(permutations(["profile", "post", "user"])), ids=" ".join)
    def test_profile_and_posts_in_any_order_leaves_nothing(self, public, author, order):
        stale = {"profile": author.profile, "post": Post.objects.get(), "user": User.objects.get(pk=author.pk)}
        for name in order:
            stale[name].delete()
        drain()

        assert (User.objects.count(), Profile.objects.count(), Post.objects.count()) == (0, 0, 0)

    @pytest.mark.covers("H7", "H6")
    @pytest.mark.parametrize(
        "remove", [lambda user: user.delete(), lambda user: User.objects.filter(pk=user.pk).delete()], ids=["itself", "in bulk"]
    )
    def test_takes_posts_likes_and_profile_along(self, author, reader, said, remove):
        written(author, 5)
        kept = Post.objects.create(title="Kept", content="-", author=reader, status="published")
        kept.like(author)
        kept.comment(author=author, content="Bye.")
        Post.objects.filter(author=author, status="published").first().like(reader)
        said.clear()
        remove(author)

        assert names(said) == ["post_deleted"] * 5
        assert Post.objects.get().like_count == Like.objects.count() == 0
        assert (Comment.objects.get().author, Comment.objects.get().name) == (None, "Anonymous")
        assert Post.objects.get().comment_count == 1
        assert set(Profile.objects.values_list("user_id", flat=True)) == {reader.pk}

    @pytest.mark.covers("H7")
    def test_works_without_their_profile(self, author):
        written(author, 3)
        Profile.objects.all().delete()
        User.objects.get(pk=author.pk).delete()

        assert not User.objects.exists()
        assert not Post.objects.exists()

    @pytest.mark.covers("H7", "H8")
    def test_takes_as_many_queries_for_many_posts_as_for_few(self):
        queries = []
        for number in (5, 200):
            user = User.objects.create_user(f"u{number}", role=Role.AUTHOR)
            written(user, number)
            with CaptureQueriesContext(connection) as captured:
                user.delete()
            queries.append(len(captured))

        assert queries[1] <= queries[0] + 12
