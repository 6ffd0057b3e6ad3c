"""Statistics in the studio: who may see which numbers, and that they are those that were counted."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.blog.models import Post
from app.newsletter.models import Subscriber
from app.stats import daily, page_views
from tests import factories
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db
SITE, CSV, SUBSCRIBERS = "/studio/statistics/", "/studio/statistics.csv", "/studio/subscribers/"


@pytest.fixture
def post(person: Person) -> Post:
    return factories.publish(person("author"), "Widely read")


@pytest.fixture
def counted(post: Post) -> Post:
    """The post, read by 40 on each of ten days, by 12 of them from example.com; five subscribers."""
    now = timezone.now()
    for age in range(10):
        at = now - timedelta(days=age)
        page_views.write(
            [
                page_views.Seen(post.pk, n.to_bytes(16, "big"), at.date(), at, referrer="example.com" if n < 12 else "")
                for n in range(40)
            ]
        )
    Subscriber.objects.bulk_create(
        Subscriber(email=f"r{n}@example.org", state="confirmed", confirmed_at=now - timedelta(days=n)) for n in range(5)
    )
    for age in range(10):
        daily.count_day(now.date() - timedelta(days=age), now)
    return post


class TestTheSitesStatistics:
    @pytest.mark.parametrize(("role", "status"), [("reader", 403), ("contributor", 403), ("author", 403), ("editor", 200)])
    @pytest.mark.parametrize("path", [SITE, CSV])
    def test_are_for_editors(self, signed_in: SignedIn, role: str, status: int, path: str) -> None:
        assert signed_in(role).get(path).status_code == status

    def test_ask_a_stranger_to_sign_in(self, client: Client) -> None:
        assert client.get(SITE).status_code == 302

    @pytest.mark.parametrize(("days", "views"), [("7", 280), ("30", 400), ("1", 400), ("x", 400)])
    def test_are_those_that_were_counted(self, signed_in: SignedIn, counted: Post, days: str, views: int) -> None:
        page = signed_in("editor").get(SITE, {"days": days})
        figures = {figure.total.name: figure.total.now for figure in page.context["figures"]}
        assert (figures["views"], figures["readers"], figures["gained"]) == (views, views, 5)
        text = page.content.decode()
        assert "Widely read" in text
        assert "example.com" in text

    def test_are_a_table_that_the_plots_read(self, signed_in: SignedIn, counted: Post) -> None:
        text = signed_in("editor").get(SITE, {"days": "7"}).content.decode()
        assert text.count('<td data-value="40">40</td>') == 14  # views and readers of seven days
        for column in ("views", "readers", "likes", "comments", "delivered", "subscribers"):
            assert f'data-column="{column}"' in text
        assert "uplot.min" in text

    def test_say_that_nothing_was_counted_yet(self, signed_in: SignedIn) -> None:
        assert "Nothing is counted yet" in signed_in("editor").get(SITE).content.decode()

    def test_can_be_downloaded(self, signed_in: SignedIn, counted: Post) -> None:
        answer = signed_in("editor").get(CSV, {"days": "7"})
        assert answer["Content-Disposition"] == 'attachment; filename="statistics-7-days.csv"'
        lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert [line["views"] for line in lines] == ["40"] * 7
        assert [line["subscribers"] for line in lines] == ["0", "0", "1", "2", "3", "4", "5"]

    def test_take_few_statements_whatever_the_range(self, signed_in: SignedIn, counted: Post) -> None:
        client = signed_in("editor")
        taken = []
        for days in ("7", "365"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(SITE, {"days": days})
            taken.append(len(queries))
            assert not [query for query in queries if "stats_view" in query["sql"]]
        assert taken[0] == taken[1] <= 20


class TestAPostsStatistics:
    @pytest.mark.parametrize(("role", "status"), [("reader", 403), ("contributor", 403), ("author", 200), ("editor", 200)])
    @pytest.mark.parametrize("path", ["statistics/", "statistics.csv"])
    def test_are_for_its_author_and_for_editors(
        self, signed_in: SignedIn, post: Post, role: str, status: int, path: str
    ) -> None:
        assert signed_in(role).get(f"/studio/posts/{post.pk}/{path}").status_code == status

    def test_are_not_for_another_author(self, signed_in: SignedIn, person: Person) -> None:
        theirs = factories.publish(person("editor"), "Another's")
        assert signed_in("author").get(f"/studio/posts/{theirs.pk}/statistics/").status_code == 403

    def test_are_those_that_were_counted(self, signed_in: SignedIn, counted: Post) -> None:
        page = signed_in("author").get(f"/studio/posts/{counted.pk}/statistics/", {"days": "7"})
        assert {figure.total.name: figure.total.now for figure in page.context["figures"]}["views"] == 280
        assert (page.context["report"].referrers[0].views, page.context["report"].direct) == (84, 196)
        assert 'data-column="readers"' not in page.content.decode()

    def test_are_a_link_of_the_list_and_of_the_editor(self, signed_in: SignedIn, post: Post, draft: Post) -> None:
        client, link = signed_in("author"), f'href="/studio/posts/{post.pk}/statistics/"'
        for path in ("/studio/", f"/studio/posts/{post.pk}/"):
            assert link in client.get(path).content.decode()
        assert f"/studio/posts/{draft.pk}/statistics/" not in client.get("/studio/").content.decode()

    def test_leave_a_title_that_is_a_formula_out_of_the_file(self, signed_in: SignedIn, person: Person) -> None:
        post = factories.publish(person("author"), "=cmd()")
        lines = signed_in("author").get(f"/studio/posts/{post.pk}/statistics.csv").content.decode().splitlines()
        assert lines[0] == "day,views,likes,comments,delivered"
        assert len(lines) == 31


class TestTheSubscribersPage:
    def test_plots_their_growth(self, signed_in: SignedIn, counted: Post) -> None:
        text = signed_in("editor").get(SUBSCRIBERS).content.decode()
        assert 'data-columns="subscribers"' in text
        assert '<td data-value="5">5</td>' in text

    def test_has_no_plot_before_anything_was_counted(self, signed_in: SignedIn) -> None:
        assert "uplot" not in signed_in("editor").get(SUBSCRIBERS).content.decode()
