"""Inputs of real exports and bug reports that once came out wrong, each with its right value. They are in `cases/`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from app.blog.markdown import render
from app.blog.models import Comment, Media, Post
from owed.models import Effect
from tests.importer.sites import failed, post_of, posts_of, run_import, skipped

CASES = Path(__file__).parent / "cases"
pytestmark = pytest.mark.covers("D13")


def page_of(name: str, key: str = "") -> str:
    """Return the HTML of a post of a case."""
    found = [post for post in posts_of(CASES / name) if not key or post.key == key]
    return render(found[0].content)


class TestACaseInAFile:
    def test_of_code_with_braces_keeps_them(self) -> None:
        page = page_of("kramdown-attributes-in-code")
        assert "<code>{:ok, pid}</code> or <code>{:error, reason}</code>" in page
        assert '<pre><code class="language-elixir">{:ok, pid} = start()\n</code></pre>' in page
        assert ".note" not in page
        [loss] = post_of(CASES / "kramdown-attributes-in-code").losses
        assert (loss.kind, loss.what, loss.line) == ("attribute", "{: .note} (1 in all)", 10)

    def test_of_hugo_with_a_configuration_folder_keeps_its_code_and_its_media(self) -> None:
        found = post_of(CASES / "hugo-site-with-config-folder-is-read-as-liquid")
        page = render(found.content)
        assert "Write <code>{{ .Title }}</code> in a layout." in page
        assert "&lt;h1&gt;{{ .Title }}&lt;/h1&gt;" in page
        assert [(image.url, image.alt) for image in found.images] == [("/img/a.png", "A chart")]
        assert 'src="https://www.youtube-nocookie.com/embed/w7Ft2ymGmfc"' in page

    def test_of_indented_code_keeps_what_it_shows(self) -> None:
        found = post_of(CASES / "links-and-pictures-in-indented-code")
        page = render(found.content)
        assert "<code>![alt text](picture.png)\n[about](/about/)\n</code>" in page
        assert "<pre>[about](/about/)\n</pre>" in page
        assert (found.losses, found.images) == ((), ())

    def test_of_a_highlight_tag_around_a_fence_is_one_block(self) -> None:
        page = page_of("highlight-tag-around-a-fence")
        assert '<code class="language-md">```js\nx\n```\n</code>' in page
        assert "<p>After <strong>this</strong> all is prose.</p>" in page
        assert "Use <code>rm -rf</code> with care." in page

    def test_of_embedded_media_loses_none(self) -> None:
        found = post_of(CASES / "iframe-in-markdown-vanishes")
        page = render(found.content)
        assert 'src="https://www.youtube-nocookie.com/embed/znjMWmbjtgg"' in page
        assert '<a href="/v/talk.mp4" rel="noopener">Video: talk.mp4</a>' in page
        assert [(loss.what, loss.line) for loss in found.losses] == [("<video> /v/talk.mp4", 8)]

    def test_of_an_author_as_a_mapping_or_a_link_has_the_name(self) -> None:
        names = [[author.name for author in post.authors] for post in posts_of(CASES / "author-as-a-mapping")]
        assert names == [["Ada Lovelace"], ["Ann Other"]]

    def test_of_a_jekyll_post_in_html_is_a_post(self) -> None:
        found = posts_of(CASES / "jekyll-post-in-html")
        assert [(post.title, post.content) for post in found] == [("As HTML", "<p>Body</p>\n"), ("As Markdown", "Body\n")]

    def test_of_hugos_languages_is_named_by_its_bundle(self) -> None:
        found = posts_of(CASES / "hugo-index-pages-in-other-languages")
        assert [(post.title, post.slug) for post in found] == [("Premier", "first"), ("Schlicht", "plain")]
        assert skipped(CASES / "hugo-index-pages-in-other-languages") == {"content/_index.fr.md": "an index page"}

    def test_of_angle_brackets_in_a_title_keeps_them(self) -> None:
        assert post_of(CASES / "generics-in-a-title").title == "How Vec<T> grows"

    def test_of_a_heading_with_an_id_has_it(self) -> None:
        page = page_of("heading-with-an-id")
        assert '<h2 id="setup">Set up the server</h2>' in page
        assert 'href="#setup"' in page

    def test_of_categories_has_them_whole(self) -> None:
        found = posts_of(CASES / "category-with-spaces-and-commas")
        assert [post.category for post in found] == ["News, Events", "travel"]

    def test_of_residues_of_templates_shows_none(self) -> None:
        assert post_of(CASES / "residues-of-templates").content == "two\n"


class TestACaseOfAnExport:
    def test_with_a_control_character_gives_all_posts(self) -> None:
        found = posts_of(CASES / "control-character-ends-the-export.xml")
        assert [(post.title, post.content) for post in found] == [
            ("One", "<p>fine</p>\n"),
            ("Two", "<p>ab</p>\n"),
            ("Three", "<p>fine</p>\n"),
        ]

    def test_with_a_line_before_the_declaration_is_read(self) -> None:
        assert post_of(CASES / "blank-line-before-the-declaration.xml").title == "One"

    def test_with_names_in_another_script_has_readable_addresses(self) -> None:
        assert [post.slug for post in posts_of(CASES / "percent-encoded-wordpress-names.xml")] == ["smert", "zhizn"]

    def test_with_milliseconds_has_their_date(self) -> None:
        found = post_of(CASES / "ghost-milliseconds.json")
        assert found.published_at == datetime(2013, 12, 29, 11, 58, 30, tzinfo=UTC)

    def test_of_a_letter_that_went_out_by_email_only_is_private(self) -> None:
        assert post_of(CASES / "ghost-email-only-post-becomes-public.json").private == "went out by email only"


@pytest.mark.django_db
class TestAnImportedCase:
    @pytest.mark.parametrize(
        ("name", "status"),
        [("hugo-publishdate-in-the-future", "scheduled"), ("ghost-email-only-post-becomes-public.json", "draft")],
    )
    def test_that_was_not_public_is_not(self, name: str, status: str) -> None:
        run_import(CASES / name)
        post = Post.objects.get()
        assert post.status == status
        assert Client().get(f"/posts/{post.slug}/").status_code == 404

    def test_of_two_posts_with_one_guid_is_two_posts_however_often(self) -> None:
        for expected in ("created", "unchanged"):
            assert run_import(CASES / "two-posts-with-one-guid.xml").done == {expected: 2}
        posts = Post.objects.order_by("slug").values_list("title", "content")
        assert list(posts) == [("Linked", "<p>one</p>\n"), ("Plain", "<p>two</p>\n")]

    def test_with_a_featured_image_and_a_comment_has_both(self) -> None:
        report = run_import(CASES / "wordpress-featured-image-and-comments.xml")
        post, comment = Post.objects.get(), Comment.objects.get()
        assert (post.cover, Media.objects.get().alt) == (Media.objects.get(), "A red square")
        assert (comment.name, comment.content, comment.status) == ("Bo", "Well said.", "approved")
        assert comment.created_at == datetime(2024, 1, 3, 10, tzinfo=UTC)
        assert (post.comment_count, report.comments) == (1, 1)
        assert "Well said." in Client().get(post.get_absolute_url()).content.decode()
        assert not Effect.objects.filter(task__in=["email.comment", "upkeep.judge_comment"]).exists()

    def test_with_links_between_names_in_another_script_leads_to_the_post(self) -> None:
        run_import(CASES / "percent-encoded-wordpress-names.xml")
        assert '<a href="/posts/zhizn/">' in Post.objects.get(slug="smert").content

    def test_with_a_picture_by_reference_shows_it(self) -> None:
        report = run_import(CASES / "reference-style-picture")
        assert Post.objects.get().content == f"![A red square]({Media.objects.get().url})\n\n"
        assert report.sentence() == "1 post, all as they were."

    def test_with_links_in_code_reports_nothing(self) -> None:
        assert run_import(CASES / "links-and-pictures-in-indented-code").sentence() == "1 post, all as they were."


class TestTwoSites:
    @pytest.mark.django_db
    def test_with_the_same_paths_never_overwrite_each_other(self, tmp_path: Path) -> None:
        for name, words in (("first", "Ours."), ("second", "Theirs.")):
            shutil.copytree(CASES / "generics-in-a-title", tmp_path / name)
            (tmp_path / name / "_posts/2024-01-01-vec.md").write_text(f"---\ntitle: {name}\n---\n{words}\n")
            assert run_import(tmp_path / name).done == {"created": 1}
        assert run_import(tmp_path / "first").done == {"unchanged": 1}
        assert sorted(Post.objects.values_list("content", flat=True)) == ["Ours.\n", "Theirs.\n"]

    @pytest.mark.django_db
    def test_that_are_one_folder_moved_are_one_site(self, tmp_path: Path) -> None:
        shutil.copytree(CASES / "generics-in-a-title", tmp_path / "here")
        assert run_import(tmp_path / "here").done == {"created": 1}
        (tmp_path / "here").rename(tmp_path / "there")
        assert run_import(tmp_path / "there").done == {"unchanged": 1}

    @pytest.mark.django_db
    def test_with_the_same_guids_never_overwrite_each_other(self, tmp_path: Path) -> None:
        text = (CASES / "blank-line-before-the-declaration.xml").read_text()
        (tmp_path / "a.xml").write_text(text)
        other = text.replace("<wp:base_site_url>https://old.example", "<wp:base_site_url>https://new.example")
        other = other.replace("<link>https://old.example</link>", "<link>https://new.example</link>").replace("fine", "other")
        (tmp_path / "b.xml").write_text(other)
        assert [run_import(tmp_path / name).done for name in ("a.xml", "b.xml")] == [{"created": 1}, {"created": 1}]
        assert failed(tmp_path / "b.xml") == {}
