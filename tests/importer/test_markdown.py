"""Reading Markdown trees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.importer.dates import parse_date
from app.importer.source import CannotRead, SourceAuthor
from tests.importer.sites import failed, png, post, post_of, posts_of, skipped, write

pytestmark = pytest.mark.covers("D13")


class TestAJekyllPost:
    def test_takes_its_name_and_date_from_the_file(self, tmp_path: Path) -> None:
        write(tmp_path, "_posts/2024-12-5-Hello-World.md", "---\ntitle: Hello\n---\nWords\n")
        found = post_of(tmp_path)
        assert (found.key, found.slug) == ("_posts/2024-12-5-Hello-World.md", "hello-world")
        assert found.published_at == datetime(2024, 12, 5, tzinfo=UTC)
        assert found.old_urls == ("/2024/12/05/Hello-World.html",)

    def test_parts_tags_at_spaces_and_takes_the_first_category(self, tmp_path: Path) -> None:
        post(tmp_path, "_posts/2020-01-01-x.md", tags="open data", categories=["News", "Work"], author="mira-olsen")
        found = post_of(tmp_path)
        assert (found.tags, found.category) == (("open", "data", "Work"), "News")
        assert found.authors == (SourceAuthor(key="mira-olsen", name="Mira Olsen"),)

    def test_has_the_names_that_the_site_keeps_for_its_authors(self, tmp_path: Path) -> None:
        write(tmp_path, "_data/authors.yml", "mo:\n  name: Mira Olsen\n")
        post(tmp_path, "_posts/2020-01-01-x.md", authors=["mo", "tom"])
        assert [author.name for author in post_of(tmp_path).authors] == ["Mira Olsen", "Tom"]

    @pytest.mark.parametrize("header", [{"published": False}, {"draft": True}])
    def test_stays_a_draft_where_it_was_one(self, tmp_path: Path, header: dict[str, bool]) -> None:
        post(tmp_path, "_posts/2020-01-01-x.md", **header)
        assert post_of(tmp_path).private

    def test_keeps_words_that_yaml_takes_for_values(self, tmp_path: Path) -> None:
        write(tmp_path, "_posts/2020-01-01-x.md", "---\ntitle: Yes\ntags: [no, 1.10, 2015]\n---\nWords\n")
        found = post_of(tmp_path)
        assert (found.title, found.tags) == ("Yes", ("no", "1.10", "2015"))

    def test_forgives_tabs_behind_a_value(self, tmp_path: Path) -> None:
        write(tmp_path, "_posts/2020-01-01-x.md", "---\ntitle: T\nauthors:\n- melody\t\t\n---\nWords\n")
        assert post_of(tmp_path).authors[0].key == "melody"


class TestAHugoPost:
    def test_may_have_a_toml_header(self, tmp_path: Path) -> None:
        header = '+++\ntitle = "Hi"\ndate = 2021-02-03T04:05:06+01:00\ntags = ["a"]\ndraft = true\n+++\nWords\n'
        write(tmp_path, "content/posts/hi.md", header)
        found = post_of(tmp_path)
        assert (found.title, found.tags, found.private) == ("Hi", ("a",), "a draft")
        assert found.published_at == datetime(2021, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))

    def test_is_named_by_its_bundle_and_finds_pictures_beside_it(self, tmp_path: Path) -> None:
        write(tmp_path, "hugo.toml", "")
        write(tmp_path, "content/posts/a-trip/boat.png", png())
        post(tmp_path, "content/posts/a-trip/index.md", '{{< figure src="boat.png" alt="A boat" >}}\n\n`{{ .Title }}`')
        found = post_of(tmp_path)
        assert found.slug == "a-trip"
        assert [(picture.url, picture.problem, picture.alt) for picture in found.images] == [("boat.png", "", "A boat")]
        assert "`{{ .Title }}`" in found.content

    def test_leaves_index_pages_out(self, tmp_path: Path) -> None:
        post(tmp_path, "content/posts/_index.md")
        assert skipped(tmp_path) == {"content/posts/_index.md": "an index page"}


class TestATree:
    def test_yields_only_files_with_a_header(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md")
        write(tmp_path, "README.md", "# Read me\n")
        write(tmp_path, "node_modules/x/b.md", "---\ntitle: no\n---\n")
        assert [found.key for found in posts_of(tmp_path)] == ["a.md"]
        assert skipped(tmp_path) == {"README.md": "no front matter"}

    def test_may_be_one_file(self, tmp_path: Path) -> None:
        post(tmp_path, "b.md")
        assert post_of(post(tmp_path, "a.md", title="One")).title == "One"

    def test_names_each_broken_file_with_its_reason(self, tmp_path: Path) -> None:
        write(tmp_path, "open.md", "---\ntitle: never closed\n")
        write(tmp_path, "yaml.md", '---\ntitle: "a" b\n---\n')
        write(tmp_path, "toml.md", "+++\ntitle = \n+++\n")
        write(tmp_path, "list.md", "---\n- a\n---\n")
        post(tmp_path, "date.md", date="the other day")
        reasons = failed(tmp_path)
        assert reasons["open.md"] == "front matter opens with --- and is never closed"
        assert reasons["yaml.md"].startswith("front matter is not YAML: line 2")
        assert reasons["toml.md"].startswith("front matter is not TOML")
        assert reasons["list.md"] == "front matter is a list, not names with values"
        assert reasons["date.md"].startswith("date 'the other day' cannot be read")

    def test_takes_control_characters_out_and_says_so(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", "be\bll\x1b[31m")
        found = post_of(tmp_path)
        assert (found.content, [loss.what for loss in found.losses]) == ("bell[31m\n", ["2 control characters taken out"])

    def test_cuts_a_title_that_is_too_long_and_says_so(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", title="x" * 230)
        found = post_of(tmp_path)
        assert (len(found.title), [loss.what for loss in found.losses]) == (200, ["title of 230 characters cut to 200"])

    @pytest.mark.parametrize(("name", "slug"), [("日本", "日本"), ("привет", "privet"), ("!", "post-bb7208bc")])
    def test_gives_a_name_in_any_script_a_slug(self, tmp_path: Path, name: str, slug: str) -> None:
        post(tmp_path, f"{name}.md", title=name)
        assert post_of(tmp_path).slug == slug


class TestADate:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2016-04-01 9:00:00 -4", "2016-04-01T09:00:00-04:00"),
            ("2014-03-12T10:11:00-04:00", "2014-03-12T10:11:00-04:00"),
            ("2024-12-5", "2024-12-05T00:00:00+00:00"),
            ("2014-05-01 10:00", "2014-05-01T10:00:00+00:00"),
            ("2014-05-01 10:00:00 +0530", "2014-05-01T10:00:00+05:30"),
            ("2014-05-01 10:00:00 UTC", "2014-05-01T10:00:00+00:00"),
            ("Tue, 04 Mar 2014 10:00:00 GMT", "2014-03-04T10:00:00+00:00"),
        ],
    )
    def test_may_be_written_as_blogs_do(self, text: str, expected: str) -> None:
        found = parse_date(text)
        assert found is not None
        assert found.isoformat() == expected

    @pytest.mark.parametrize("text", ["2014-13-40", "yesterday", "1999", "9" * 400])
    def test_is_refused_by_name_when_it_is_none(self, text: str) -> None:
        with pytest.raises(CannotRead, match="date"):
            parse_date(text)


class TestASummary:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("<p>We build <em>things</em> &amp; more.</p>", "We build things & more."),
            ("Use Vec<T> when a < b &amp; c", "Use Vec<T> when a < b &amp; c"),
            ("Two\nlines", "Two lines"),
        ],
    )
    def test_of_html_is_its_words_and_other_text_stays(self, tmp_path: Path, written: str, read: str) -> None:
        post(tmp_path, "a.md", excerpt=written)
        assert post_of(tmp_path).excerpt == read
