import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import Role, User
from app.blog import versions
from app.blog.models import Category, Post, PostSlug, Tag
from app.blog.placement import placement_of
from app.blog.tagging import tags_named
from tests.blog.announcements import counts, names

pytestmark = pytest.mark.django_db


class TestRevising:
    @pytest.mark.covers("H3")
    def test_a_public_post_says_what_it_was(self, public, said):
        old, new = Tag.objects.create(name="Old", slug="old"), Tag.objects.create(name="New", slug="new")
        public.revise(tags=[old])
        said.clear()
        category = Category.objects.create(name="News", slug="news")
        public.revise(title="Other", tags=[new], category=category)

        ((name, kwargs),) = said
        assert (name, kwargs["post"]) == ("post_revised", public)
        assert (kwargs["before"].tag_ids, kwargs["before"].category_id) == ((old.pk,), None)
        assert kwargs["before"].feeds() == {"site", f"author:{public.author_id}", f"tag:{old.pk}"}

    @pytest.mark.covers("H3")
    def test_to_what_it_was_says_nothing(self, public, said):
        public.revise(title=public.title, content=public.content, tags=[])
        public.save()

        assert said == []
        assert Post.objects.get().revision == public.revision

    @pytest.mark.covers("H3", "G10")
    def test_a_draft_tells_readers_nothing(self, draft, said):
        draft.revise(content="More.")

        assert said == []
        assert Post.objects.get().content_html == "<p>More.</p>\n"

    @pytest.mark.covers("H3", "H5")
    def test_is_not_what_views_likes_and_comments_are(self, public, reader, said):
        revision = Post.objects.get().revision
        public.like(reader)
        public.comment(author=reader, content="Nice.")

        assert "post_revised" not in names(said)
        assert Post.objects.get().revision == revision

    def test_a_stale_copy_writes_what_it_was_told(self, draft):
        stale = Post.objects.get()
        draft.revise(title="B")
        stale.revise(title="On engines")

        assert Post.objects.get().title == "On engines"

    @pytest.mark.covers("M3")
    def test_the_author_moves_the_counts(self, public, author, said):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        Post.objects.create(title="Draft", content="-", author=author).revise(author=other)
        public.revise(author=other)
        assert (counts(author), counts(other)) == ((0, 0), (2, 1))

        Post.objects.filter(author=other).delete()
        assert (counts(author), counts(other)) == ((0, 0), (0, 0))

    @pytest.mark.covers("M3")
    def test_the_author_by_save_moves_the_counts_too(self, public, author):
        public.author = User.objects.create_user("bob")
        public.save()

        assert (counts(author), counts(public.author)) == ((0, 0), (1, 1))


class TestSlugs:
    @pytest.mark.covers("M2")
    def test_are_made_of_the_title_and_unique(self, author):
        posts = [Post.objects.create(title="Größe & Ærger!", content="-", author=author) for _ in range(3)]

        assert [post.slug for post in posts] == ["grosse-aerger", "grosse-aerger-2", "grosse-aerger-3"]

    @pytest.mark.covers("M2")
    @pytest.mark.parametrize(("title", "slug"), [("日本語", "日本語"), ("!!!", "post"), ("🎉", "post")])
    def test_of_titles_without_latin_letters_exist(self, author, title, slug):
        assert Post.objects.create(title=title, content="-", author=author).slug == slug

    @pytest.mark.covers("M2")
    def test_of_long_titles_leave_room(self, author):
        posts = [Post.objects.create(title="x" * 200, content="-", author=author) for _ in range(2)]

        assert posts[1].slug == "x" * 200 + "-2"

    @pytest.mark.covers("M2")
    def test_somebody_chose_are_refused_when_taken(self, draft, author):
        with pytest.raises(ValidationError, match="Another post"):
            Post.objects.create(title="T", slug=draft.slug, content="-", author=author)
        with pytest.raises(ValidationError, match="Another post"):
            Post.objects.create(title="T", content="-", author=author).revise(slug=draft.slug)

    @pytest.mark.covers("M2")
    @pytest.mark.parametrize("slug", ["a b", "../etc", "a\x00b", "x" * 221, "<script>"])
    def test_of_a_wrong_form_are_refused(self, draft, slug):
        with pytest.raises(ValidationError):
            draft.revise(slug=slug)

    @pytest.mark.covers("M2")
    def test_that_change_leave_a_redirect(self, public):
        first = public.slug
        public.revise(slug="second")
        public.revise(slug="third")

        assert set(public.old_slugs.values_list("slug", flat=True)) == {first, "second"}
        public.revise(slug="second")
        assert set(public.old_slugs.values_list("slug", flat=True)) == {first, "third"}

    @pytest.mark.covers("M2")
    def test_taken_over_by_another_post_end_the_redirect(self, public, draft):
        first = public.slug
        public.revise(slug="second")
        draft.revise(slug=first)

        assert not PostSlug.objects.exists() or set(PostSlug.objects.values_list("post_id", flat=True)) == {draft.pk}
        assert not PostSlug.objects.filter(slug=first).exists()

    @pytest.mark.covers("M2")
    def test_made_of_a_title_leave_redirects_alone(self, public, author):
        public.revise(slug="second")

        assert Post.objects.create(title="In public", content="-", author=author).slug == "in-public-2"


class TestVersions:
    def test_rise_with_each_change_that_readers_see(self, public):
        scopes = placement_of(public.pk).scopes()
        before = versions.current_of(scopes)
        public.revise(title="Other")

        assert set(scopes) == {"site", f"post:{public.pk}", f"author:{public.author_id}"}
        assert all(versions.current(scope) == before[scope] + 1 for scope in scopes)

    def test_stay_while_a_draft_is_written(self, draft):
        draft.revise(title="Other")

        assert versions.current("site") == 0

    def test_of_the_category_left_rise_too(self, public):
        category = Category.objects.create(name="News", slug="news")
        public.revise(category=category)
        before = versions.current(f"category:{category.pk}")
        public.revise(category=None)

        assert versions.current(f"category:{category.pk}") == before + 1

    def test_rise_when_a_name_that_pages_show_changes(self, public, author):
        before = versions.current(f"post:{public.pk}")
        author.profile.display_name = "Ada L."
        author.profile.save()

        assert versions.current(f"post:{public.pk}") == before + 1

    def test_cost_one_statement(self):
        with CaptureQueriesContext(connection) as queries:
            versions.bump("b", "a", "b")

        assert len(queries) == 1
        assert versions.current_of(["a", "b", "c"]) == {"a": 1, "b": 1, "c": 0}


class TestTagsByName:
    def test_are_found_whatever_their_case_and_kept_apart_by_signs(self, db):
        c, sharp, again = tags_named(["C"]), tags_named(["C#"]), tags_named(["c", "c#"])
        assert [tag.pk for tag in again] == [c[0].pk, sharp[0].pk]
        assert c[0].slug != sharp[0].slug
