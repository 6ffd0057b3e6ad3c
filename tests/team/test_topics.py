"""Categories and tags: made, renamed, merged and deleted in the studio."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from app.blog.tagging import tags_named
from app.newsletter.models import Subscriber
from owed.testing import drain
from tests import factories
from tests.team.newsroom import logged

pytestmark = pytest.mark.django_db


def category(name: str) -> Category:
    return Category.objects.create(name=name, slug=name.lower())


class TestACategory:
    def test_is_made_with_an_address_of_its_name(self, desk: Client) -> None:
        desk.post("/studio/topics/?kind=category", {"name": "Öffentliche Politik", "description": "Who decides."})
        made = Category.objects.get()
        assert (made.name, made.slug, made.description) == ("Öffentliche Politik", "offentliche-politik", "Who decides.")
        assert b"Who decides." in Client().get("/categories/offentliche-politik/").content
        assert logged() == ["topic.created"]

    def test_has_a_name_of_its_own(self, desk: Client) -> None:
        category("Politics")
        answer = desk.post("/studio/topics/?kind=category", {"name": "POLITICS"})
        assert (answer.status_code, Category.objects.count()) == (422, 1)
        assert b"You can merge the two." in answer.content

    def test_is_renamed_and_its_old_address_leads_to_it(self, desk: Client, anna: User) -> None:
        politics = category("Politics")
        post = factories.publish(anna, category=politics)
        drain()
        desk.post(f"/studio/topics/category/{politics.pk}/", {"name": "Power", "slug": "power", "description": ""})
        drain()
        assert "Power" in Client().get(post.get_absolute_url()).content.decode()
        for rest in ("", "atom.xml", "feed.json"):
            answer = Client().get(f"/categories/politics/{rest}")
            assert (answer.status_code, answer["Location"]) == (301, f"/categories/power/{rest}")
            assert Client().get(answer["Location"]).status_code == 200

    def test_takes_an_old_address_of_another(self, desk: Client) -> None:
        politics = category("Politics")
        desk.post(f"/studio/topics/category/{politics.pk}/", {"name": "Power", "slug": "power", "description": ""})
        desk.post("/studio/topics/?kind=category", {"name": "Politics"})
        assert Client().get("/categories/politics/").status_code == 200

    def test_is_merged_into_another_with_posts_address_and_readers(
        self, desk: Client, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.team.topics.A_PART", 2)
        politics, power = category("Politics"), category("Power")
        posts = [factories.publish(anna, f"P{number}", category=politics) for number in range(5)]
        reader = Subscriber.objects.create(
            email="r@example.org", state="confirmed", confirmed_at=timezone.now(), wants=[f"category:{politics.pk}"]
        )
        drain()
        desk.post(f"/studio/topics/category/{politics.pk}/merge", {"into": power.pk})
        assert b"being merged into Power" in desk.get("/studio/topics/?kind=category").content
        drain()
        assert Post.objects.filter(category=power).count() == len(posts)
        assert list(Category.objects.all()) == [power]
        assert Client().get("/categories/politics/")["Location"] == "/categories/power/"
        assert "P4" in Client().get("/categories/power/").content.decode()
        reader.refresh_from_db()
        assert reader.wants == [f"category:{power.pk}"]
        assert logged() == ["topic.merged"]

    def test_is_not_merged_in_a_circle(self, desk: Client) -> None:
        one, two = category("One"), category("Two")
        desk.post(f"/studio/topics/category/{one.pk}/merge", {"into": two.pk})
        desk.post(f"/studio/topics/category/{two.pk}/merge", {"into": one.pk})
        drain()
        assert list(Category.objects.all()) == [two]

    def test_is_deleted_and_its_posts_stay(self, desk: Client, anna: User) -> None:
        politics = category("Politics")
        post = factories.publish(anna, category=politics)
        desk.post(f"/studio/topics/category/{politics.pk}/deletion")
        post.refresh_from_db()
        assert (post.category, post.status) == (None, "published")
        assert Client().get("/categories/politics/").status_code == 404

    def test_leads_on_after_two_merges(self, desk: Client) -> None:
        one, two, three = category("One"), category("Two"), category("Three")
        for source, target in ((one, two), (two, three)):
            desk.post(f"/studio/topics/category/{source.pk}/merge", {"into": target.pk})
            drain()
        assert Client().get("/categories/one/")["Location"] == "/categories/three/"


class TestATag:
    def test_is_merged_without_doubling_it(self, desk: Client, anna: User) -> None:
        post, other = factories.publish(anna), factories.publish(anna, "Other")
        first, second = tags_named(["dam", "dams"])
        post.tags.set([first, second])
        other.tags.set([first])
        desk.post(f"/studio/topics/tag/{first.pk}/merge", {"into": second.pk})
        drain()
        assert [list(each.tags.all()) for each in (post, other)] == [[second], [second]]
        assert list(Tag.objects.all()) == [second]

    def test_is_listed_with_its_posts(self, desk: Client, anna: User) -> None:
        factories.publish(anna).tags.set(tags_named(["dams"]))
        factories.write(anna, "Draft").tags.set(tags_named(["dams"]))
        [row] = desk.get("/studio/topics/?kind=tag").context["page"]
        assert (row.name, row.number, row.public) == ("dams", 2, 1)


class TestTheRoom:
    @pytest.mark.parametrize("role", ["reader", "contributor", "author"])
    def test_is_for_editors(self, role: str) -> None:
        made = category("Politics")
        client = Client()
        client.force_login(factories.person("someone", role))
        paths = ["", f"category/{made.pk}/", f"category/{made.pk}/merge", f"category/{made.pk}/deletion"]
        assert {client.post(f"/studio/topics/{path}", {"name": "X"}).status_code for path in paths} == {403}
        assert Category.objects.count() == 1

    def test_knows_two_kinds(self, desk: Client) -> None:
        assert desk.get("/studio/topics/?kind=author").status_code == 404
        assert desk.get("/studio/topics/author/1/").status_code == 404
