"""Pages that are not news: at their address, in search, sitemap and navigation; in no feed, list or mail."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from app.accounts.models import User
from app.blog.media_uses import uses
from app.blog.models import Media, Page
from app.site.current import site
from owed.models import Effect
from owed.testing import drain
from tests import factories
from tests.api.client import Program, program_of
from tests.factories import Publish

pytestmark = pytest.mark.django_db
TYPED = {"title": "About us", "content": "We are *here*.", "slug": "", "description": "", "language": "", "is_indexed": "on"}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(factories.person("edith", "editor"))
    return client


def make(title: str = "About us", **fields: object) -> Page:
    page = Page(title=title, content=fields.pop("content", "We are *here*."), is_public=True, **fields)
    page.save()
    return page


class TestAPage:
    def test_is_at_an_address_of_its_own(self) -> None:
        make(description="Who we are.")
        answer = Client().get("/about-us/")
        page = answer.content.decode()
        assert "<em>here</em>" in page
        assert '<meta name="description" content="Who we are.">' in page
        assert "comment" not in page.lower().replace("comments", "comment").replace("<!--", "")
        assert Client().get("/about-us/", headers={"if-none-match": answer["ETag"]}).status_code == 304
        assert Client().get("/about-us")["Location"] == "/about-us/"

    def test_is_in_sitemap_and_search_alone(self, publish: Publish) -> None:
        publish("News", "Of us.")
        Effect.objects.all().delete()
        make("Imprint", content="Quay Street, zebra crossing.")
        assert not Effect.objects.exists()
        drain()
        reader = Client()
        assert "/imprint/</loc>" in reader.get("/sitemap.xml").content.decode()
        assert '<a href="/imprint/">Imprint</a>' in reader.get("/search/?q=zebra+quay").content.decode()
        assert "Imprint" not in reader.get("/search/?q=zebra+giraffe").content.decode()
        for path in ("/", "/archive/", "/rss.xml", "/feed.json"):
            assert b"Imprint" not in reader.get(path).content, path

    def test_that_is_a_draft_is_seen_by_no_one(self) -> None:
        Page(title="Draft", content="zebra").save()
        reader = Client()
        assert reader.get("/draft/").status_code == 404
        assert b"/draft/" not in reader.get("/sitemap.xml").content
        assert b"/draft/" not in reader.get("/search/?q=zebra").content

    def test_that_is_not_to_be_listed_says_so(self) -> None:
        make("Thanks", is_indexed=False)
        assert b'<meta name="robots" content="noindex">' in Client().get("/thanks/").content
        assert b"/thanks/" not in Client().get("/sitemap.xml").content

    @pytest.mark.parametrize("slug", ["archive", "login", "studio", "admin", "search"])
    def test_takes_no_address_of_the_site(self, slug: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            make("Mine", slug=slug)
        assert list(refusal.value.message_dict) == ["slug"]

    def test_leaves_a_redirect_at_its_old_address(self) -> None:
        page = make()
        for slug in ("about", "about-us"):
            page.slug = slug
            page.save()
        assert Client().get("/about/")["Location"] == "/about-us/"
        assert Client().get("/about-us/").status_code == 200

    def test_uses_the_pictures_of_its_text(self) -> None:
        media = Media.objects.store(factories.image(), None)
        make(content=f"![A picture]({media.file.url})")
        assert [use.kind for use in uses([media])[media.pk]] == ["page"]


class TestTheStudio:
    def test_links_in_the_language_of_readers(self, desk: Client) -> None:
        User.objects.update(language="de")
        desk.post("/studio/pages/new/", {**TYPED, "is_public": "on", "in_navigation": "on"})
        assert [each["label"] for each in site().navigation] == ["Archive", "Search", "About us"]

    def test_makes_changes_links_and_deletes_one(self, desk: Client) -> None:
        assert desk.post("/studio/pages/new/", {**TYPED, "is_public": "on", "in_navigation": "on"}).status_code == 302
        page = Page.objects.get()
        assert [each["label"] for each in site().navigation] == ["Archive", "Search", "About us"]
        assert '<a href="/about-us/">About us</a>' in Client().get("/").content.decode()
        assert desk.get(f"/studio/pages/{page.pk}/").context["form"]["in_navigation"].value() is True
        desk.post(f"/studio/pages/{page.pk}/", {**TYPED, "slug": "about", "is_public": "on", "in_navigation": "on"})
        assert site().navigation[-1] == {"label": "About us", "url": "/about/"}
        desk.post(f"/studio/pages/{page.pk}/", {**TYPED, "slug": "about", "in_navigation": "on"})
        assert [each["label"] for each in site().navigation] == ["Archive", "Search"]
        assert desk.post(f"/studio/pages/{page.pk}/deletion").status_code == 302
        assert not Page.objects.exists()

    def test_shows_again_what_was_typed_where_it_is_wrong(self, desk: Client) -> None:
        answer = desk.post("/studio/pages/new/", {**TYPED, "slug": "archive"})
        assert answer.status_code == 422
        assert "We are *here*." in answer.content.decode()
        assert "The site has another page" in answer.content.decode()

    @pytest.mark.parametrize("path", ["", "new/", "1/"])
    def test_is_for_editors(self, path: str, client: Client) -> None:
        client.force_login(factories.person("ada", "author"))
        assert client.get(f"/studio/pages/{path}").status_code == 403


class TestTheApi:
    def test_makes_changes_and_deletes_one(self) -> None:
        editor = program_of(factories.person("edith", "editor"))
        made = editor.post("/pages", {"title": "Privacy", "content": "None.", "is_public": True, "in_footer": True})
        assert (made.status, made.json["slug"]) == (201, "privacy")
        place = f"/pages/{made.json['id']}"
        assert made.headers["Location"] == f"/api/v1{place}"
        assert site().footer[-1]["url"] == "/privacy/"
        changed = editor.patch(place, {"content": "Much."})
        assert (changed.json["title"], changed.json["content"]) == ("Privacy", "Much.")
        assert site().footer[-1]["url"] == "/privacy/"
        assert editor.patch(place, {"slug": "search"}).json["fields"].keys() == {"slug"}
        assert [each["title"] for each in editor.get("/pages").json] == ["Privacy"]
        assert (editor.delete(place).status, editor.get(place).status) == (204, 404)
        assert [each["url"] for each in site().footer if each["url"] == "/privacy/"] == []

    def test_is_for_editors(self) -> None:
        author = program_of(factories.person("ada", "author"))
        assert author.get("/pages").status == 403
        assert author.post("/pages", {"title": "Mine"}).status == 403
        assert Program().get("/pages").status == 401
