"""Who did what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import ApiToken, User
from app.blog.errors import AlreadyPublished
from app.blog.models import Post
from app.log.acting import SITE, acting
from app.log.models import Entry
from owed.testing import drain
from tests import factories
from tests.team.newsroom import logged

pytestmark = pytest.mark.django_db


class TestAnEntry:
    def test_names_who_did_what_through_which_face(self, desk: Client, edith: User, anna: User) -> None:
        post = factories.write(anna, "On dams")
        desk.post(f"/studio/posts/{post.pk}/publication")
        token = ApiToken.objects.issue(anna, "script")[1]
        Client().delete(f"/api/v1/posts/{post.pk}/publication", headers={"Authorization": f"Token {token}"})
        desk.post(f"/studio/posts/{post.pk}/deletion")
        said = [(each.actor, each.via, each.action, each.subject, each.label) for each in Entry.objects.order_by("pk")]
        assert said == [
            (edith, "site", "post.published", f"post:{post.pk}", "On dams"),
            (anna, "api", "post.withdrawn", f"post:{post.pk}", "On dams"),
            (edith, "site", "post.deleted", f"post:{post.pk}", "on-dams"),
        ]

    def test_is_not_there_without_the_change(self, anna: User) -> None:
        post = factories.publish(anna)
        with acting(anna.pk, SITE), pytest.raises(AlreadyPublished):
            Post.objects.get(pk=post.pk).publish()
        assert logged() == []

    def test_is_not_written_for_what_a_worker_or_a_guest_does(self, anna: User) -> None:
        post = factories.write(anna)
        post.schedule(publish_at=timezone.now() - timedelta(minutes=1))
        drain()
        Client().get(post.get_absolute_url())
        assert Post.objects.get().status == "published"
        assert logged() == []

    def test_outlives_the_account_without_a_name(self, desk: Client, anna: User) -> None:
        desk.post(f"/studio/team/{anna.pk}/role", {"role": "contributor"})
        anna.refresh_from_db()
        anna.leave()
        drain()
        entry = Entry.objects.get()
        assert (entry.subject, entry.label) == (f"user:{anna.pk}", "")
        assert "anna" not in str(entry.detail)
        assert b"a closed account" in desk.get("/studio/log/").content

    def test_of_settings_effects_and_mailings(self, desk: Client, edith: User) -> None:
        desk.post("/studio/subscribers/mailings/", {"where": "both", "delay": "0"})
        assert logged() == ["settings.changed"]

    def test_is_forgotten_by_age(self, desk: Client, anna: User) -> None:
        for days in (10, 400):
            entry = Entry.objects.create(action="post.published", subject="post:1", via="site", actor=anna)
            Entry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days=days))
        assert Entry.objects.forget(timedelta(days=365), chunk=1) == 1
        assert Entry.objects.count() == 1


class TestThePage:
    def fill(self, edith: User, anna: User) -> None:
        rows = [("post.published", edith, f"post:{number}") for number in range(1, 60)] + [("team.role", anna, "user:7")]
        Entry.objects.bulk_create(Entry(action=what, actor=who, subject=about, via="site") for what, who, about in rows)

    def test_is_paged_and_filtered(self, desk: Client, edith: User, anna: User) -> None:
        self.fill(edith, anna)
        shown = {query: len(desk.get(f"/studio/log/{query}").context["lines"]) for query in QUERIES}
        assert shown == QUERIES
        assert len(desk.get(f"/studio/log/?by={anna.pk}").context["lines"]) == 1

    def test_costs_as_many_queries_for_fifty_as_for_one(
        self, desk: Client, edith: User, anna: User, django_assert_max_num_queries: object
    ) -> None:
        self.fill(edith, anna)
        with django_assert_max_num_queries(14):  # type: ignore[operator]
            desk.get("/studio/log/")

    @pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("author", 403), ("editor", 200)])
    def test_opens_by_role(self, role: str, status: int) -> None:
        client = Client()
        client.force_login(factories.person("someone", role))
        assert client.get("/studio/log/").status_code == status


QUERIES = {"": 50, "?page=2": 10, "?group=team": 1, "?subject=post:3": 1, "?until=2001-01-01": 0, "?since=x&by=x&group=x": 50}
