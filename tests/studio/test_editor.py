"""Writing: the form keeps everything until it is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from app.accounts.models import User
from app.accounts.rate_limit import alone
from app.blog.models import Category, Media, Post, Tag, WorkingCopy
from app.blog.text import CONTENT_LIMIT
from app.web.templatetags.afterword import reading_time
from tests.studio.forms import SignedIn, typed
from tests.studio.images import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("author")


class TestTheEditor:
    def test_makes_a_draft(self, writer: Client) -> None:
        Category.objects.create(name="Essays", slug="essays")
        writer.post("/studio/posts/new/", typed(category="essays", tags="Web, slow reading, web", excerpt="Short."))
        post = Post.objects.get()
        assert (post.status, post.slug, post.author.username) == ("draft", "typed", "the-author")
        assert post.category is not None
        assert post.category.name == "Essays"
        assert sorted(post.tags.values_list("name", flat=True)) == ["slow reading", "web"]

    def test_keeps_the_old_address_working(self, writer: Client) -> None:
        writer.post("/studio/posts/new/", typed())
        post = Post.objects.get()
        writer.post(f"/studio/posts/{post.pk}/publication")
        post.refresh_from_db()
        writer.post(f"/studio/posts/{post.pk}/", typed(slug="renamed", revision=post.revision))
        assert Client().get("/posts/typed/").status_code == 301
        assert Client().get("/posts/renamed/").status_code == 200

    def test_keeps_an_uploaded_cover(self, writer: Client) -> None:
        writer.post("/studio/posts/new/", typed(upload=png()))
        cover = Post.objects.get().cover
        assert cover is not None
        assert (cover.content_type, cover.alt) == ("image/png", "Typed")

    def test_keeps_a_cover_although_the_title_is_missing(self, writer: Client) -> None:
        refused = writer.post("/studio/posts/new/", typed(title="", upload=png()))
        picture = Media.objects.get()
        assert refused.status_code == 422
        assert f'<option value="{picture.pk}" selected>' in refused.content.decode()
        assert "is in your images, and chosen as the cover" in refused.content.decode()
        assert WorkingCopy.objects.get().fields["cover"] == str(picture.pk)
        writer.post("/studio/posts/new/", typed(cover=picture.pk))
        assert Post.objects.get().cover == picture

    def test_says_at_the_field_that_a_cover_is_refused(self, writer: Client) -> None:
        answer = writer.post("/studio/posts/new/", typed(title="", upload=png(b"<svg onload=alert(1)>")))
        assert set(answer.context["form"].errors) == {"title", "upload"}
        assert not Media.objects.exists()
        assert set(writer.post("/studio/posts/new/", typed(upload=png(b"no"))).context["form"].errors) == {"upload"}

    def test_makes_one_line_of_a_title(self, writer: Client) -> None:
        writer.post("/studio/posts/new/", typed(title="Two\r\nlines"))
        assert Post.objects.get().title == "Two lines"

    def test_reckons_as_readers_are_told(self, writer: Client) -> None:
        assert reading_time("word " * 720) == "3 min read"
        assert 'data-per-minute="240"' in writer.get("/studio/posts/new/").content.decode()

    def test_keeps_the_language(self, writer: Client) -> None:
        writer.post("/studio/posts/new/", typed(language="pt_br"))
        assert Post.objects.get().language == "pt-BR"
        refused = writer.post("/studio/posts/new/", typed(title="Other", language="german"))
        assert (refused.status_code, "is not a language" in refused.content.decode()) == (422, True)

    def test_reuses_tags_whatever_their_case(self, writer: Client) -> None:
        Tag.objects.create(name="Web", slug="web")
        writer.post("/studio/posts/new/", typed(tags="WEB"))
        assert Tag.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"title": ""}, "This field is required"),
            ({"title": "x" * 201}, "at most 200 characters"),
            ({"title": "nul\x00"}, "Line 1 contains a control character (U+0000)"),
            ({"content": "one\ntwo\x07"}, "Line 2 contains a control character (U+0007)"),
            ({"content": "ü" * (CONTENT_LIMIT // 2 + 1)}, f"at most {CONTENT_LIMIT:,} are accepted"),
            ({"slug": "taken"}, "Another post has the address “taken”"),
            ({"slug": "no spaces"}, "valid “slug”"),
            ({"category": "Nonsense"}, "Unknown category “Nonsense”"),
            ({"tags": "x" * 101}, "longer than 100 characters"),
            ({"tags": ",".join(str(number) for number in range(51))}, "at most 50"),
            ({"cover": "99"}, "Select a valid choice"),
        ],
        ids=lambda value: next(iter(value)) + str(len(str(value))) if isinstance(value, dict) else "",
    )
    def test_says_what_is_wrong_and_loses_nothing(self, writer: Client, draft: Post, wrong: dict[str, Any], said: str) -> None:
        draft.revise(slug="taken")
        answer = writer.post("/studio/posts/new/", typed(excerpt="Keep <this> excerpt.", **wrong))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert "Keep &lt;this&gt; excerpt." in page
        assert "Your changes are kept" in page
        assert Post.objects.count() == 1

    def test_refuses_a_file_that_is_no_image(self, writer: Client) -> None:
        answer = writer.post("/studio/posts/new/", typed(upload=png(b"<svg onload=alert(1)>")))
        assert (answer.status_code, Post.objects.count()) == (422, 0)

    def test_says_when_somebody_else_saved_meanwhile(self, writer: Client, draft: Post) -> None:
        seen = draft.revision
        draft.revise(content="Theirs.")
        answer = writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.", revision=seen))
        assert b"Someone else saved this post" in answer.content
        assert b"Mine." in answer.content
        draft.refresh_from_db()
        assert draft.content == "Theirs."
        writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.", revision=draft.revision))
        draft.refresh_from_db()
        assert draft.content == "Mine."

    def test_does_not_publish_what_somebody_overtook(self, writer: Client, draft: Post) -> None:
        seen = draft.revision
        draft.revise(content="Theirs.")
        writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.", revision=seen, then="publish"))
        draft.refresh_from_db()
        assert (draft.content, draft.status) == ("Theirs.", "draft")

    def test_is_inert_whatever_was_typed(self, writer: Client, draft: Post) -> None:
        hostile = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(1)>'
        draft.revise(title=hostile, content=hostile, excerpt=hostile)
        for path in (f"/studio/posts/{draft.pk}/", "/studio/", f"/studio/posts/{draft.pk}/effects/"):
            page = writer.get(path).content.decode()
            assert "<script>alert" not in page
            assert "<img src=x" not in page


class TestThePreview:
    def test_shows_markdown_as_the_page_would(self, writer: Client) -> None:
        answer = writer.post("/studio/posts/preview", {"content": "# Hello\n\n<script>alert(1)</script>\n\n*there*"})
        assert b"<em>there</em>" in answer.content
        assert b"<script" not in answer.content

    def test_names_the_limit(self, writer: Client) -> None:
        page = writer.post("/studio/posts/preview", {"content": "x" * (CONTENT_LIMIT + 1)}).content.decode()
        assert f"at most {CONTENT_LIMIT:,} are accepted" in page

    def test_is_limited_by_its_writer_and_says_so_in_its_place(self, writer: Client, signed_in: SignedIn) -> None:
        answers = [writer.post("/studio/posts/preview", {"content": "words"}) for _ in range(121)]
        assert [answer.status_code for answer in answers] == [200] * 120 + [429]
        assert answers[-1]["Retry-After"] == "60"
        assert "Your text is kept" in answers[-1].content.decode()
        assert "4(22|29)" in writer.get("/studio/posts/new/").content.decode()  # htmx shows it in the pane
        assert signed_in("editor").post("/studio/posts/preview", {"content": "words"}).status_code == 200

    def test_is_made_one_at_a_time_for_each_writer(self, writer: Client) -> None:
        someone = User.objects.get(pk=writer.session["_auth_user_id"])
        with alone("preview", str(someone.pk)):
            answer = writer.post("/studio/posts/preview", {"content": "words"})
        assert answer.status_code == 429
        assert "Your text is kept" in answer.content.decode()
        assert writer.post("/studio/posts/preview", {"content": "words"}).status_code == 200

    def test_names_pictures_that_a_page_by_https_may_not_show(self, writer: Client) -> None:
        content = "![a](http://a.example/x.png) ![b](https://b.example/y.png)"
        preview = writer.post("/studio/posts/preview", {"content": content}).content.decode()
        saved = writer.post("/studio/posts/new/", typed(content=content), follow=True).content.decode()
        for page in (preview, saved):
            assert "Pictures at http://…" in page
        assert "<code>http://a.example/x.png</code>" in preview
        assert "<code>https://b.example" not in preview

    def test_leaves_the_page_alone_when_the_session_has_ended(self) -> None:
        answer = Client().post("/studio/posts/preview", {"content": "words"}, headers={"hx-request": "true"})
        assert (answer.status_code, "HX-Redirect" in answer) == (401, False)
        assert b"Your text is kept" in answer.content


class TestTheList:
    def test_is_filtered_by_status_and_words(self, writer: Client, draft: Post) -> None:
        assert b"A draft" in writer.get("/studio/?status=draft&q=draft").content
        assert b"No matching posts" in writer.get("/studio/?status=published").content
        assert b"No matching posts" in writer.get("/studio/?q=%00zebra").content
        assert writer.get("/studio/?status=nonsense&page=x").status_code == 200
