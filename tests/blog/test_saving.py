from datetime import timedelta

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.blog.errors import ContentTooLong, NotSaved, PostGone
from app.blog.models import Category, Post
from owed.models import Effect
from tests.blog.announcements import counts, names

pytestmark = pytest.mark.django_db


class TestSaving:
    @pytest.mark.covers("M1")
    def test_every_named_column_is_there(self):
        with connection.cursor() as cursor:
            columns = {column.name for column in connection.introspection.get_table_description(cursor, "blog_post")}

        named = "title content author_id status category_id view_count like_count comment_count last_activity"
        assert set(named.split()) <= columns

    @pytest.mark.covers("M1")
    def test_writes_what_was_changed_and_no_counter(self, public):
        public.title = "New"
        with CaptureQueriesContext(
            connection,
        ) as queries:
            public.save()

        (update,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "blog_post"')]
        assert "title" in update
        assert not any(name in update for name in ("_count", "status", "published_at", "content"))

    @pytest.mark.covers("H12", "M1")
    def test_a_stale_copy_reverts_nothing(self, draft, author):
        stale = Post.objects.get()
        draft.publish(at=timezone.now())
        draft.revise(content="Newer words.")
        Post.objects.update(view_count=F("view_count") + 5, like_count=3)
        stale.title = "Only the title"
        stale.save()

        now = Post.objects.get()
        assert (now.title, now.content, now.status) == ("Only the title", "Newer words.", "published")
        assert (now.view_count, now.like_count) == (5, 3)
        assert now.published_at is not None

    @pytest.mark.covers("M1")
    def test_a_counter_by_name_is_refused(self, draft):
        with pytest.raises(NotSaved, match="view_count"):
            draft.save(update_fields=["view_count"])

    @pytest.mark.covers("H22")
    def test_a_deleted_post_does_not_come_back(self, draft):
        stale = Post.objects.get()
        draft.delete()
        stale.title = "Zombie"

        with pytest.raises(PostGone):
            stale.save()
        with pytest.raises(PostGone):
            draft.save()
        assert not Post.objects.exists()

    @pytest.mark.covers("M15")
    def test_moves_the_time_of_the_last_edit_only_with_the_content(self, public, reader):
        before = public.updated_at
        for number in range(3):
            public.like(User.objects.create_user(f"fan{number}"))
            public.comment(author=reader, content="Nice.")
        public.revise(category=Category.objects.create(name="News", slug="news"))
        public.refresh_from_db()
        assert public.updated_at == before

        public.revise(content="Edited.")
        public.refresh_from_db()
        assert public.updated_at > before

    @pytest.mark.covers("H1", "M11")
    def test_counts_the_post_of_a_user_whose_profile_is_missing(self, author):
        author.profile.delete()
        author = User.objects.get()
        Post.objects.create(title="One", content="-", author=author)

        assert counts(author) == (1, 0)

    @pytest.mark.covers("H1", "M12")
    def test_leaves_the_rest_of_the_profile(self, author):
        profile = author.profile
        type(profile).objects.update(bio="Edited elsewhere")
        Post.objects.create(title="One", content="-", author=author)

        profile.refresh_from_db()
        assert (profile.bio, profile.post_count, profile.published_post_count) == ("Edited elsewhere", 1, 0)

    @pytest.mark.covers("M13")
    def test_needs_no_category_and_outlives_it(self, author):
        category = Category.objects.create(name="News", slug="news")
        Post.objects.create(title="Without", content="-", author=author)
        post = Post.objects.create(title="Within", content="-", author=author, category=category)
        category.delete()

        post.refresh_from_db()
        assert post.category is None

    @pytest.mark.covers("H5")
    def test_a_comment_or_like_fires_no_save_of_the_post(self, public, reader):
        saved = []
        receiver = lambda **kwargs: saved.append(kwargs["instance"])  # noqa: E731
        post_save.connect(receiver, sender=Post)
        public.comment(author=reader, content="Nice.")
        public.like(reader)
        public.unlike(reader)
        post_save.disconnect(receiver, sender=Post)

        assert saved == []

    @pytest.mark.covers("G4")
    def test_what_loaddata_brings_is_taken_as_it_is(self, public, author, said):
        public.like(author)
        assert counts(author) == (1, 1)
        dump = serializers.serialize("json", [author, author.profile, Post.objects.get(), public.likes.get()])
        User.objects.all().delete()
        Effect.objects.all().delete()
        said.clear()
        for each in serializers.deserialize("json", dump):
            each.save()

        assert said == []
        assert Effect.objects.count() == 0
        assert counts(User.objects.get()) == (1, 1)
        assert (Post.objects.get().like_count, Post.objects.get().status) == (1, "published")

    @pytest.mark.covers("G5", "M12")
    def test_bulk_create_counts_and_tells_like_save(self, author, said):
        Post.objects.bulk_create(
            [Post(title="Same", content="*a*", author=author, status=status) for status in ("draft", "published")]
        )

        assert sorted(Post.objects.values_list("slug", flat=True)) == ["same", "same-2"]
        assert names(said) == ["post_created", "post_created", "post_published"]
        assert counts(author) == (2, 1)
        with pytest.raises(ValueError, match="on conflict"):
            Post.objects.bulk_create([], ignore_conflicts=True)

    @pytest.mark.covers("G5", "M12")
    def test_bulk_update_counts_and_tells_like_save(self, author, said):
        posts = [Post.objects.create(title=f"P{number}", content="-", author=author) for number in range(3)]
        said.clear()
        other = User.objects.create_user("bob")
        for post in posts:
            post.status, post.author = "published", other
        assert Post.objects.bulk_update(posts, ["status", "author"]) == 3

        assert names(said) == ["post_published"] * 3
        assert (counts(author), counts(other)) == ((0, 0), (3, 3))

    @pytest.mark.covers("G5")
    @pytest.mark.parametrize("column", ["status", "author", "author_id"])
    def test_update_past_the_verbs_is_refused(self, draft, column):
        with pytest.raises(NotSaved, match=column):
            Post.objects.update(**{column: "published"})


class TestBadInput:
    @pytest.mark.parametrize(
        ("title", "reason"), [("", "Enter a title"), (" \x00\n ", "Enter a title"), ("x" * 201, "201 characters")]
    )
    def test_in_the_title_is_named_and_nothing_is_written(self, author, title, reason):
        with pytest.raises(ValidationError, match=reason):
            Post.objects.create(title=title, content="-", author=author)
        assert not Post.objects.exists()
        assert counts(author) == (0, 0)

    def test_control_characters_are_left_out(self, author):
        post = Post.objects.create(title="A\x00 \x1bB\nC", content="x\x00y\r\nz\x07", excerpt="\x00e", author=author)
        post.refresh_from_db()

        assert (post.title, post.content, post.excerpt) == ("A B C", "xy\nz", "e")

    def test_five_megabytes_are_refused_with_the_limit(self, author, draft):
        with pytest.raises(ContentTooLong, match="at most 524,288"):
            Post.objects.create(title="Big", content="x" * 5 * 2**20, author=author)
        with pytest.raises(ContentTooLong):
            draft.revise(content="x" * 5 * 2**20)
        assert Post.objects.get().content == "Some *words*."

    def test_a_rolled_back_change_leaves_no_trace(self, draft, author):
        with pytest.raises(RuntimeError), transaction.atomic():
            draft.publish(at=timezone.now())
            raise RuntimeError
        assert counts(author) == (1, 0)
        assert Post.objects.get().status == "draft"

    def test_an_unknown_field_of_a_revision_is_named(self, draft):
        with pytest.raises(NotSaved, match="view_count"):
            draft.revise(view_count=7)

    def test_a_time_that_is_planned_needs_its_time(self, author):
        with pytest.raises(ValidationError, match="time"):
            Post.objects.create(title="When", content="-", author=author, status="scheduled")
        assert not Post.objects.exists()

    def test_an_update_far_in_the_past_is_kept(self, author):
        old = timezone.now() - timedelta(days=4000)
        post = Post.objects.create(title="Old", content="-", author=author, created_at=old, updated_at=old)
        post.refresh_from_db()

        assert (post.created_at, post.updated_at) == (old, old)
