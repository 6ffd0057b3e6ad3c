"""The settings in the studio: who may, tab by tab, pictures, redirects."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from app.blog.media_uses import uses
from app.blog.models import Media
from app.site import current
from app.site.current import site
from app.site.models import SiteRedirect
from tests import factories
from tests.studio.forms import SignedIn

pytestmark = pytest.mark.django_db
TABS = ("", "look/", "navigation/", "comments/", "search/", "redirects/")
GENERAL = {"name": "Northern Towns", "tagline": "", "description": "", "language": "", "time_zone": ""}
LOOK = {"theme": "afterword", "accent": "", "fonts": "newsreader", "custom_css": ""}


class TestSettings:
    @pytest.mark.parametrize("role", ["reader", "contributor", "author"])
    @pytest.mark.parametrize("tab", TABS)
    def test_are_not_for_others(self, signed_in: SignedIn, role: str, tab: str) -> None:
        assert signed_in(role).get(f"/studio/settings/{tab}").status_code == 403

    @pytest.mark.parametrize("tab", TABS)
    def test_are_for_editors(self, signed_in: SignedIn, tab: str) -> None:
        assert signed_in("editor").get(f"/studio/settings/{tab}").status_code == 200

    def test_are_linked_from_the_studio_for_who_may(self, signed_in: SignedIn) -> None:
        link = b'href="/studio/settings/"'
        assert link in signed_in("editor").get("/studio/").content
        assert link not in signed_in("author").get("/studio/").content

    def test_are_in_effect_once_they_are_saved(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        assert editor.post("/studio/settings/", {**GENERAL, "time_zone": "Europe/Oslo"}).status_code == 302
        assert (site().name, site().time_zone) == ("Northern Towns", "Europe/Oslo")
        assert b"<h1>Northern Towns</h1>" in Client().get("/").content

    def test_of_one_tab_leave_those_of_another(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        editor.post("/studio/settings/", GENERAL)
        editor.post("/studio/settings/look/", {**LOOK, "theme": "plain"})
        assert (site().name, site().theme) == ("Northern Towns", "plain")

    def test_that_are_wrong_are_shown_again_with_what_was_typed(self, signed_in: SignedIn) -> None:
        answer = signed_in("editor").post("/studio/settings/look/", {**LOOK, "accent": "reddish"})
        assert answer.status_code == 422
        assert "reddish" in answer.content.decode()
        assert site().accent == ""

    def test_say_how_an_accent_is_shown_that_could_not_be_read(self, signed_in: SignedIn) -> None:
        answer = signed_in("editor").post("/studio/settings/look/", {**LOOK, "accent": "#ffff00"}, follow=True)
        assert "the accent is shown as #" in answer.content.decode()

    def test_take_links_as_lines(self, signed_in: SignedIn) -> None:
        lines = {"navigation": "About | /about/\n\nHome | /", "footer": "", "footer_text": "", "profiles": ""}
        editor = signed_in("editor")
        assert editor.post("/studio/settings/navigation/", lines).status_code == 302
        assert site().navigation == ({"label": "About", "url": "/about/"}, {"label": "Home", "url": "/"})
        assert "About | /about/\nHome | /" in editor.get("/studio/settings/navigation/").content.decode()
        answer = editor.post("/studio/settings/navigation/", {**lines, "navigation": "About /about/"})
        assert "Line 1: write a label, a bar, and an address." in answer.content.decode()

    def test_of_the_operator_are_shown_and_stay(self, signed_in: SignedIn, settings: Settings) -> None:
        settings.SITE_NAME = "The Weekly"
        editor = signed_in("editor")
        page = editor.get("/studio/settings/").content.decode()
        assert "Set by the operator of the server." in page
        assert 'value="The Weekly"' in page
        assert editor.post("/studio/settings/", {**GENERAL, "tagline": "Letters"}).status_code == 302
        assert (site().name, site().tagline) == ("The Weekly", "Letters")

    def test_take_no_code_of_an_editor(self, signed_in: SignedIn, admin_client: Client) -> None:
        """A script in a page would act with the rights of a superuser who reads it."""
        current.change(head_code='<meta name="a" content="b">')
        posted = {"is_indexed": "on", "robots": "", "head_code": "<script>1</script>"}
        assert signed_in("editor").post("/studio/settings/search/", posted).status_code == 302
        assert site().head_code == '<meta name="a" content="b">'
        assert admin_client.post("/studio/settings/search/", posted).status_code == 302
        assert site().head_code == "<script>1</script>"


class TestALogo:
    def test_is_kept_in_the_library_and_shown(self, signed_in: SignedIn) -> None:
        editor, png = signed_in("editor"), factories.image().read()
        file = SimpleUploadedFile("logo.png", png)
        assert editor.post("/studio/settings/look/", {**LOOK, "logo_file": file}).status_code == 302
        media = Media.objects.get()
        assert site().logo == media.file.name
        assert f'src="{media.file.url}"' in Client().get("/").content.decode()
        assert [use.kind for use in uses([media])[media.pk]] == ["site"]
        editor.post("/studio/settings/look/", {**LOOK, "logo_removed": "on"})
        assert site().logo == ""

    def test_that_is_not_a_picture_is_refused(self, signed_in: SignedIn) -> None:
        file = SimpleUploadedFile("logo.svg", b"<svg onload='alert(1)'/>")
        answer = signed_in("editor").post("/studio/settings/look/", {**LOOK, "logo_file": file})
        assert answer.status_code == 422
        assert (site().logo, Media.objects.count()) == ("", 0)

    def test_is_the_icon_that_browsers_ask_for(self, signed_in: SignedIn, client: Client) -> None:
        assert client.get("/favicon.ico")["Location"] == "/static/mark.svg"
        file = SimpleUploadedFile("icon.png", factories.image("blue").read())
        signed_in("editor").post("/studio/settings/look/", {**LOOK, "favicon_file": file})
        assert client.get("/favicon.ico")["Location"] == Media.objects.get().file.url


class TestRedirects:
    def test_are_added_changed_and_deleted(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        for target in ("/archive/", "/search/"):
            posted = {"path": "/old/", "target": target, "is_permanent": "on"}
            assert editor.post("/studio/settings/redirects/", posted).status_code == 302
        (made,) = SiteRedirect.objects.all()
        assert (made.path, made.target) == ("/old", "/search/")
        assert "/old → /search/" in editor.get("/studio/settings/redirects/").content.decode()
        editor.post(f"/studio/settings/redirects/{made.pk}/deletion")
        assert not SiteRedirect.objects.exists()

    def test_of_which_nothing_was_typed_are_refused(self, signed_in: SignedIn) -> None:
        assert signed_in("editor").post("/studio/settings/redirects/").status_code == 422

    def test_that_lead_nowhere_are_refused(self, signed_in: SignedIn) -> None:
        answer = signed_in("editor").post("/studio/settings/redirects/", {"path": "old", "target": "/x"})
        assert answer.status_code == 422
        assert "Begin with /, as in /old-page." in answer.content.decode()

    def test_are_imported_line_by_line(self, signed_in: SignedIn) -> None:
        SiteRedirect.objects.create(path="/a", target="/before/")
        lines = "from,to,kind\n/a,/archive/\n/b/,https://b.example/,302\nc,/x\n/d,/x,418\n\n"
        answer = signed_in("editor").post(
            "/studio/settings/redirects/import", {"file": SimpleUploadedFile("r.csv", lines.encode())}
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Kept: 2. Refused: 2." in page
        assert "Line 4: " in page
        assert "Line 5: the third column is 301 or 302." in page
        kept = SiteRedirect.objects.order_by("path").values_list("path", "target", "is_permanent")
        assert list(kept) == [("/a", "/archive/", True), ("/b", "https://b.example/", False)]

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"/a,/b\n" * 10_002])
    def test_that_cannot_be_read_are_refused_whole(self, signed_in: SignedIn, content: bytes) -> None:
        file = SimpleUploadedFile("r.csv", content)
        assert signed_in("editor").post("/studio/settings/redirects/import", {"file": file}).status_code == 422
        assert not SiteRedirect.objects.exists()
