"""Importing: what lands, and what a second run does."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Profile, User
from app.blog.models import Category, Media, Post, Tag
from app.blog.models.version import Version
from app.blog.signals import post_published
from app.importer import links
from app.importer.models import Done
from owed.models import Effect
from tests.importer.sites import ghost, item, png, post, run_import, write, wxr

pytestmark = [pytest.mark.django_db, pytest.mark.covers("D13")]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Three posts that link to each other, two authors, one picture that is there and one that is not."""
    write(tmp_path, "assets/boat.png", png())
    post(
        tmp_path,
        "_posts/2019-05-06-first.md",
        'See [the second]({{ "/2019/05/07/second/" | url }}), [us](/about/) and [Mira](/author/mira-olsen/).\n\n'
        '{% image "assets/boat.png" "A boat" %} {% image "assets/lost.png" "A lake" %} {% newsletter %}',
        title="First",
        date="2019-05-06",
        authors=["mira-olsen", "tom"],
        tags=["Open Data", "c++"],
        category="News",
        image="/assets/boat.png",
    )
    post(tmp_path, "_posts/2019-05-07-second.md", title="Second", date="2019-05-07", authors=["tom"], tags=["open-data", "c"])
    post(tmp_path, "_posts/2019-05-08-third.md", title="Third", date="2019-05-08", draft=True)
    return tmp_path


def run(path: Path, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_posts", path, *arguments, stdout=out, **options)
    return out.getvalue()


class TestAnImport:
    @pytest.fixture(autouse=True)
    def _imported(self, site: Path) -> None:
        self.report = run_import(site)
        self.first = Post.objects.get(title="First")

    def test_publishes_with_the_dates_of_the_source(self) -> None:
        assert [(each.slug, each.status) for each in Post.objects.order_by("source")] == [
            ("first", "published"),
            ("second", "published"),
            ("third", "draft"),
        ]
        assert self.first.published_at is not None
        assert self.first.published_at.isoformat() == "2019-05-06T00:00:00+00:00"
        assert self.first.created_at == self.first.updated_at == self.first.published_at

    @pytest.mark.covers("G5")
    def test_makes_users_of_authors_who_cannot_sign_in(self) -> None:
        mira = User.objects.get(username="mira-olsen")
        assert (mira.role, mira.registered_via, mira.email, mira.has_usable_password()) == ("author", "import", "", False)
        assert mira.profile.name == "Mira Olsen"
        assert (mira.profile.post_count, mira.profile.published_post_count) == (1, 1)
        assert Profile.objects.get(user__username="tom").published_post_count == 1

    def test_names_the_other_writers_at_the_end_of_the_text(self) -> None:
        assert self.first.author.username == "mira-olsen"
        assert self.first.content.endswith("\n*Written by Mira Olsen and Tom.*\n")

    def test_gives_the_site_what_names_no_author(self) -> None:
        assert Post.objects.get(title="Third").author.profile.name == "Afterword"

    def test_keeps_tags_once_each_and_categories(self) -> None:
        assert sorted(Tag.objects.values_list("slug", flat=True)) == ["c", "c-2", "open-data"]
        assert sorted(self.first.tags.values_list("name", flat=True)) == ["Open Data", "c++"]
        assert self.first.category == Category.objects.get(slug="news")

    def test_stores_pictures_and_shows_them(self) -> None:
        media = Media.objects.get()
        assert self.first.cover == media
        assert list(self.first.media.all()) == [media]
        assert f"![A boat]({media.url})" in self.first.content
        assert media.alt == "A boat"
        assert "*\\[A lake\\]*" in self.first.content

    def test_leads_links_to_where_things_are_now(self) -> None:
        assert "[the second](/posts/second/)" in self.first.content
        assert "[Mira](/authors/mira-olsen/)" in self.first.content
        assert ", us and" in self.first.content

    def test_reports_what_it_could_not_keep(self) -> None:
        report, source = self.report, "_posts/2019-05-06-first.md"
        assert (report.done[Done.CREATED], report.published, report.images) == (3, 2, 1)
        assert dict(report.losses) == {
            "tag": [f"{source}:11: {{% newsletter %}}"],
            "image": [f"{source}:11: assets/lost.png (missing)"],
            "link": [f"{source}:9: /about/"],
        }
        assert report.sentence() == "3 posts, 2 as they were, 1 with losses: see below."


class TestASecondImport:
    @pytest.mark.covers("G5", "P10")
    def test_changes_nothing_and_owes_nothing(self, site: Path) -> None:
        run_import(site)
        before, owed = list(Post.objects.order_by("pk").values()), Effect.objects.count()
        report = run_import(site)
        assert report.done == {Done.UNCHANGED: 3}
        assert (list(Post.objects.order_by("pk").values()), Effect.objects.count()) == (before, owed)
        assert (User.objects.count(), Media.objects.count(), Tag.objects.count()) == (3, 1, 3)

    def test_takes_what_changed_at_the_source(self, site: Path) -> None:
        run_import(site)
        post(site, "_posts/2019-05-07-second.md", "New.", title="Twice", date="2019-05-07", authors=["mira-olsen"], tags=["x"])
        assert run_import(site).done == {Done.UPDATED: 1, Done.UNCHANGED: 2}
        second = Post.objects.get(slug="second")
        assert (second.title, second.content, second.author.username) == ("Twice", "New.\n", "mira-olsen")
        assert [tag.name for tag in second.tags.all()] == ["x"]
        assert Profile.objects.get(user__username="mira-olsen").published_post_count == 2

    def test_leaves_alone_what_was_edited_here(self, site: Path) -> None:
        run_import(site)
        Post.objects.get(slug="second").revise(content="Ours.")
        post(site, "_posts/2019-05-07-second.md", "Theirs.", title="Second", date="2019-05-07")
        assert run_import(site).done == {Done.KEPT: 1, Done.UNCHANGED: 2}
        assert Post.objects.get(slug="second").content == "Ours."
        assert run_import(site, overwrite=True).done == {Done.UPDATED: 1, Done.UNCHANGED: 2}
        assert Post.objects.get(slug="second").content == "Theirs.\n"

    @pytest.mark.covers("H16")
    def test_publishes_the_drafts_of_the_first_and_no_other(self, site: Path) -> None:
        published: list[str] = []

        def note(post: Post, **kwargs: Any) -> None:
            published.append(post.slug)

        post_published.connect(note)
        run_import(site, publish=False)
        assert (published, Post.objects.public().count()) == ([], 0)
        run_import(site)
        run_import(site)
        Post.objects.get(slug="second").withdraw()
        run_import(site)
        post_published.disconnect(note)
        assert sorted(published) == ["first", "second"]
        assert Post.objects.get(slug="second").status == "withdrawn"

    def test_mends_links_to_posts_that_came_later(self, site: Path) -> None:
        (site / "_posts/2019-05-07-second.md").rename(site / "later")
        run_import(site)
        assert "See the second," in Post.objects.get(slug="first").content
        (site / "later").rename(site / "_posts/2019-05-07-second.md")
        run_import(site)
        assert "See [the second](/posts/second/)," in Post.objects.get(slug="first").content


class TestAnEntry:
    def test_without_a_date_stays_a_draft(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "---\ntitle: A\n---\nWords\n")
        assert run_import(tmp_path).drafts == {"no date": ["a.md"]}
        assert Post.objects.get().status == "draft"

    def test_of_the_future_is_scheduled(self, tmp_path: Path) -> None:
        soon = timezone.now() + timedelta(days=3)
        post(tmp_path, "a.md", date=soon.isoformat())
        run_import(tmp_path)
        assert (Post.objects.get().status, Post.objects.get().publish_at) == ("scheduled", soon)

    def test_with_the_slug_of_another_gets_a_number(self, tmp_path: Path) -> None:
        User.objects.create_user("ann", role="author")
        Post(title="Ours", slug="same", author=User.objects.get(username="ann"), content="x").save()
        for year in (2019, 2020):
            post(tmp_path, f"_posts/{year}-01-01-same.md", f"[back](/{year}/01/01/same/)", date=f"{year}-01-01")
        run_import(tmp_path)
        texts = dict(Post.objects.exclude(source=None).values_list("slug", "content"))
        assert texts == {"same-2": "[back](/posts/same-2/)\n", "same-3": "[back](/posts/same-3/)\n"}

    def test_is_not_given_to_a_readers_account_of_the_same_name(self, tmp_path: Path) -> None:
        User.objects.create_user("Mira", role="reader")
        User.objects.create_user("tom", role="author")
        post(tmp_path, "a.md", author="mira")
        post(tmp_path, "b.md", author="tom")
        run_import(tmp_path)
        run_import(tmp_path)
        assert dict(Post.objects.values_list("source", "author__username")) == {"a.md": "mira-imported", "b.md": "tom"}

    def test_keeps_links_to_the_old_site_where_that_is_named(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", "[us](/about/) [b](https://old.example/b/) [c](https://old.example/c) ![d](/d.png)")
        post(tmp_path, "b.md")
        run_import(tmp_path, site="https://old.example")
        assert Post.objects.get(source="a.md").content == (
            "[us](https://old.example/about/) [b](/posts/b/) [c](https://old.example/c) ![d](https://old.example/d.png)\n"
        )

    def test_of_wordpress_and_of_ghost_lands_too(self, tmp_path: Path) -> None:
        write(tmp_path, "wp-content/a.png", png())
        html = '<p><img src="https://old.example/wp-content/a.png"> <a href="https://old.example/2015/03/post-2/">two</a></p>'
        run_import(write(tmp_path, "blog.xml", wxr(item(html) + item(number=2))))
        run_import(write(tmp_path, "ghost.json", ghost({})))
        first = Post.objects.get(slug="post-1")
        assert first.content == f'<p><img src="{Media.objects.get().url}"> <a href="/posts/post-2/">two</a></p>\n'
        assert sorted(Post.objects.public().values_list("slug", flat=True)) == ["hello-1", "post-1", "post-2"]


class TestTheCommand:
    def test_lands_the_good_ones_names_the_broken_and_exits_with_1(self, site: Path) -> None:
        write(site, "_posts/2019-01-01-open.md", "---\ntitle: x\n")
        out = io.StringIO()
        with pytest.raises(CommandError, match="1 could not be imported") as stopped:
            call_command("import_posts", site, "--publish", stdout=out)
        assert stopped.value.returncode == 1
        lines = out.getvalue().split("\n")
        assert lines[:2] == [
            "3 posts, 2 as they were, 1 with losses, 1 not imported: see below.",
            "3 created, 2 published, 1 draft, 1 image in the posts, 3 old addresses",
        ]
        assert "  _posts/2019-01-01-open.md: front matter opens with --- and is never closed" in lines

    def test_writes_no_control_sequence_of_a_file_to_the_terminal(self, tmp_path: Path) -> None:
        post(tmp_path, "a\x1b[31m.md", "{% tag\x1b[2J %}")
        assert "\x1b" not in run(tmp_path)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nowhere"], "there is no such file or folder"),
            ([".", "--author", "nobody"], "no user “nobody” with the right to write"),
            ([".", "--chunk", "0"], "--chunk must be 1 or more"),
            ([".", "--site", "old.example"], "must be the address of a site"),
            ([".", "--site", "https://["], "must be the address of a site"),
        ],
    )
    def test_says_what_is_wrong_with_its_arguments(self, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            call_command("import_posts", *arguments)

    def test_draws_a_progress_bar_on_a_terminal(self, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = io.StringIO()
        terminal.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stderr", terminal)
        run(site, "--chunk", "2")
        assert terminal.getvalue() == f"\r[{'#' * 20}{'-' * 10}] 2/3\r[{'#' * 30}] 3/3\n"

    def test_gives_posts_without_an_author_to_the_one_named(self, site: Path) -> None:
        User.objects.create_user("ann", role="author")
        run(site, "--author", "ann")
        assert Post.objects.get(title="Third").author.username == "ann"


class TestAChunk:
    @pytest.mark.covers("P10", "G5")
    def test_writes_its_effects_in_one_statement(self, tmp_path: Path) -> None:
        for number in range(20):
            post(tmp_path, f"post-{number:02}.md", title=f"Post {number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run_import(tmp_path, chunk=10)
        inserts = [query for query in queries if "INSERT INTO effects_effect" in query["sql"]]
        assert len(inserts) == 2
        assert Effect.objects.filter(task="search.refresh").count() == 20

    @pytest.mark.covers("P10")
    def test_costs_few_statements_however_many_posts_it_has(self, tmp_path: Path) -> None:
        costs = {}
        for posts in (10, 40):
            site = tmp_path / str(posts)
            for number in range(posts):
                name = f"{posts}-{number}"
                post(site, f"{name}.md", title=name, tags=[name, "all"], author=name, category="News", image="/b.png")
            write(site, "b.png", png())
            with CaptureQueriesContext(connection) as queries:
                assert run_import(site).done == {Done.CREATED: posts}
            costs[posts] = len(queries)
        # A picture is stored for one post at a time: six statements each.
        assert costs[40] - costs[10] <= 30 * 6
        assert costs[10] < 120

    def test_counts_and_places_its_posts_as_saving_each_would(self, tmp_path: Path) -> None:
        write(tmp_path, "b.png", png())
        post(tmp_path, "a.md", "![x](/b.png)", title="A", author="ada", tags=["x", "y"], category="News", date="2020-01-02")
        post(tmp_path, "b.md", title="B", author="ada", tags=["y"], draft=True)
        seen: list[tuple[str, set[str]]] = []

        def note(sender: type[Post], post: Post, **kwargs: Any) -> None:
            seen.append((post.title, {tag.name for tag in post.tags.all()}))

        post_published.connect(note)
        try:
            run_import(tmp_path)
        finally:
            post_published.disconnect(note)
        first = Post.objects.get(title="A")
        assert seen == [("A", {"x", "y"})]
        assert (first.revision, first.last_activity, first.media.count()) == (2, first.published_at, 1)
        assert first.published_at is not None
        assert first.published_at.date().isoformat() == "2020-01-02"
        profile = Profile.objects.get(user__username="ada")
        assert (profile.post_count, profile.published_post_count) == (2, 1)
        scopes = dict(Version.objects.values_list("scope", "number"))
        wanted = {"site", f"post:{first.pk}", f"author:{first.author_id}", f"category:{first.category_id}"}
        assert scopes.keys() == wanted | {f"tag:{tag.pk}" for tag in first.tags.all()}

    def test_refuses_no_one_else_for_an_address_that_was_taken_meanwhile(
        self, tmp_path: Path, author: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in "abc":
            post(tmp_path, f"{name}.md", title=name, slug=name)
        planned = links.Links.planned

        def take(self: links.Links, *args: Any) -> Any:
            Post.objects.filter(slug="b").exists() or Post.objects.create(title="-", slug="b", content="-", author=author)
            return planned(self, *args)

        monkeypatch.setattr(links.Links, "planned", take)
        report = run_import(tmp_path)
        assert report.done == {Done.CREATED: 2, Done.FAILED: 1}
        assert report.failed.keys() == {"b.md"}
        assert set(Post.objects.filter(source__isnull=False).values_list("slug", flat=True)) == {"a", "c"}


class TestWrittenAddresses:
    def test_are_those_of_the_urls(self) -> None:
        assert links.POST.format("x") == reverse("post", args=["x"])
        assert links.AUTHOR.format("x") == reverse("author", args=["x"])
        assert links.TAG.format("x") == reverse("tag", args=["x"])
        assert links.CATEGORY.format("x") == reverse("category", args=["x"])
        assert reverse("feed_rss") == links.FEED
