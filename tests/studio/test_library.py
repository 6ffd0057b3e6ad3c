"""The library of pictures in the studio: what is where, and deletion by hand."""

from __future__ import annotations

import re

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import Role
from app.blog.models import Media, Post
from app.newsletter.models import Send
from owed.models import Effect
from owed.testing import drain
from tests import factories
from tests.factories import image
from tests.studio.forms import Person, SignedIn, typed
from tests.studio.images import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(person: Person) -> Media:
    return Media.objects.store(png(), person("author"), alt="A blue field")


def library(signed_in: SignedIn, who: str = "author", query: str = "") -> str:
    return signed_in(who).get(f"/studio/media/{query}").content.decode()


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


class TestTheList:
    def test_says_of_each_picture_what_it_is_and_where_it_is_used(
        self, signed_in: SignedIn, person: Person, picture: Media
    ) -> None:
        post = factories.write(person("author"), "With a field", f"![]({picture.url})")
        page = library(signed_in)
        for said in ("picture.png", "A blue field", "8 × 6", "bytes", "the-author", picture.url):
            assert said in page
        assert f'<a href="/studio/posts/{post.pk}/" dir="auto">With a field</a>' in page
        assert "Not used anywhere</p>" not in page

    def test_marks_a_post_that_was_emailed(self, signed_in: SignedIn, person: Person, picture: Media) -> None:
        post = factories.publish(person("author"), "Sent", f"![]({picture.url})")
        assert "emailed" not in library(signed_in)
        assert "Used in 1 post<" in library(signed_in)
        Send.objects.create(post=post)
        assert "Used in 1 post and 1 mailing<" in library(signed_in)
        post.revise(content="No picture.")
        page = library(signed_in)
        assert "Earlier in a post:" in page
        assert "emailed" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", {"red", "blue"}),
            ("?q=red", {"red"}),
            ("?q=picture.png", {"red", "blue"}),
            ("?show=unused", {"blue"}),
            ("?show=unused&q=red", set()),
            ("?show=deleted", {"gone"}),
            ("?show=%00&q=%00", {"red", "blue"}),
        ],
    )
    def test_is_searched_and_filtered(self, signed_in: SignedIn, person: Person, query: str, found: set[str]) -> None:
        author = person("author")
        red, _, gone = (Media.objects.store(image(color), author, alt=f"A {color} box") for color in ("red", "blue", "gold"))
        factories.write(author, "Red", f"![]({red.url})")
        gone.discard(by=author)
        names = {"red": "A red box", "blue": "A blue box", "gone": "A gold box"}
        page = library(signed_in, query=query)
        assert {name for name, alt in names.items() if alt in page} == found

    def test_asks_as_many_queries_for_many_pictures_as_for_one(self, signed_in: SignedIn, person: Person) -> None:
        author = person("author")
        client = signed_in("author")
        counts = []
        for number in (1, 20):
            for height in range(number):
                media = Media.objects.store(image("red", (number, height + 1)), author)
                factories.write(author, f"P{height}", f"![]({media.url})")
            client.get("/studio/media/")
            with CaptureQueriesContext(connection) as asked:
                client.get("/studio/media/")
            counts.append(len(asked))
        assert counts[0] == counts[1] < 20

    def test_shows_nothing_of_others_but_to_editors(self, signed_in: SignedIn, person: Person, picture: Media) -> None:
        factories.write(person("editor"), "An editor's secret", f"![]({picture.url})")
        page = library(signed_in)
        assert ("A post of someone else" in page, "secret" in page) == (True, False)
        assert "An editor&#x27;s secret" in library(signed_in, "editor")
        assert "A blue field" not in library(signed_in, "contributor")


class TestAnUpload:
    def test_takes_several_and_says_which_was_refused(self, signed_in: SignedIn) -> None:
        broken = png(b"no picture")
        broken.name = "broken.png"
        answer = signed_in("author").post("/studio/media/", {"file": [png(), broken], "alt": "Of one alone"})
        page = answer.content.decode()
        assert (answer.status_code, "broken.png: Not a JPEG" in page) == (422, True)
        [made] = Media.objects.all()
        assert (made.alt, f"![]({made.url})" in page) == ("", True)

    def test_of_a_script_is_answered_in_json(self, signed_in: SignedIn) -> None:
        client = signed_in("author")
        asked = {"HTTP_ACCEPT": "application/json"}
        answer = client.post("/studio/media/", {"file": png()}, **asked)
        made = Media.objects.get()
        assert (answer.status_code, answer.json()["pictures"]) == (
            201,
            [{"url": made.url, "alt": "", "description": f"/studio/media/{made.pk}/description"}],
        )
        refused = client.post("/studio/media/", {"file": png(b"<svg/>")}, **asked)
        assert (refused.status_code, refused.json()["error"][:19]) == (422, "SVG is not accepted")

    def test_by_a_script_leaves_the_description_of_a_picture_that_was_there(self, signed_in: SignedIn, picture: Media) -> None:
        answer = signed_in("author").post("/studio/media/", {"file": png()}, HTTP_ACCEPT="application/json")
        assert answer.json()["pictures"] == [{"url": picture.url, "alt": "A blue field", "description": ""}]

    def test_gives_a_description_to_a_picture_that_had_none(self, signed_in: SignedIn, person: Person) -> None:
        Media.objects.store(png(), person("author"))
        for alt in ("A blue field", "Another"):
            signed_in("author").post("/studio/media/", {"file": png(), "alt": alt})
        assert Media.objects.get().alt == "A blue field"


class TestADescription:
    def test_is_changed_in_the_library_and_seen_in_the_post(self, signed_in: SignedIn, person: Person, picture: Media) -> None:
        post = factories.publish(person("author"), "With a field", f"![]({picture.url})")
        client = signed_in("author")
        assert "A blue field" in client.get(post.get_absolute_url()).content.decode()
        said = {"alt": "A field", "caption": "Painted in spring"}
        page = client.post(f"/studio/media/{picture.pk}/description", said, follow=True).content.decode()
        assert ("Saved." in page, 'value="Painted in spring"' in page) == (True, True)
        shown = client.get(post.get_absolute_url()).content.decode()
        assert ('alt="A field"' in shown, "<figcaption>Painted in spring</figcaption>" in shown) == (True, True)
        client.post(f"/studio/media/{picture.pk}/description", {"alt": "Again"})
        assert Media.objects.values_list("alt", "caption").get() == ("Again", "Painted in spring")

    def test_too_long_is_refused(self, signed_in: SignedIn, picture: Media) -> None:
        page = signed_in("author").post(f"/studio/media/{picture.pk}/description", {"alt": "x" * 501}, follow=True)
        assert "at most 500" in page.content.decode()


class TestDeletion:
    def test_says_where_the_picture_is_used_and_leaves_the_file_to_a_worker(
        self, signed_in: SignedIn, person: Person, picture: Media
    ) -> None:
        factories.write(person("author"), "With a field", f"![]({picture.url})")
        client = signed_in("author")
        page = client.get(f"/studio/media/{picture.pk}/").content.decode()
        assert "With a field" in page
        assert "The place listed above will show a gap" in page
        assert "Emails already sent" in page

        answer = client.post(f"/studio/media/{picture.pk}/deletion", {"seen": seen(page)}, follow=True)
        assert "“picture.png” is deleted" in answer.content.decode()
        assert default_storage.exists(str(picture.file.name))
        [effect] = Effect.objects.filter(task="media.cleanup")
        assert (effect.about, effect.args) == (f"media:{picture.pk}", {"media_ids": [picture.pk]})
        drain()
        assert not default_storage.exists(str(picture.file.name))
        page = client.get(f"/studio/media/{picture.pk}/").content.decode()
        assert "the-author deleted this picture on" in page
        assert "With a field" in page
        assert "Delete permanently" not in page

    @pytest.mark.parametrize("given", ["", "no such", "stale"])
    def test_is_asked_for_again_where_the_page_showed_other_places(
        self, signed_in: SignedIn, person: Person, picture: Media, given: str
    ) -> None:
        client = signed_in("author")
        stale = seen(client.get(f"/studio/media/{picture.pk}/").content.decode())
        factories.write(person("author"), "Meanwhile", f"![]({picture.url})")
        form = {"seen": stale if given == "stale" else given}
        answer = client.post(f"/studio/media/{picture.pk}/deletion", form, follow=True)
        assert "used in more places than this page showed" in answer.content.decode()
        assert "Meanwhile" in answer.content.decode()
        assert Media.objects.kept().exists()

    def test_is_refused_for_what_others_show(self, signed_in: SignedIn, picture: Media) -> None:
        factories.write(factories.person("olaf", Role.AUTHOR), "His", f"![]({picture.url})")
        client = signed_in("author")
        page = client.get(f"/studio/media/{picture.pk}/").content.decode()
        answer = client.post(f"/studio/media/{picture.pk}/deletion", {"seen": seen(page)}, follow=True)
        assert "An editor can delete it" in answer.content.decode()
        assert Media.objects.kept().exists()

    def test_twice_is_said_to_be_done(self, signed_in: SignedIn, picture: Media) -> None:
        client = signed_in("author")
        form = {"seen": seen(client.get(f"/studio/media/{picture.pk}/").content.decode())}
        client.post(f"/studio/media/{picture.pk}/deletion", form)
        answer = client.post(f"/studio/media/{picture.pk}/deletion", form, follow=True)
        assert "was deleted already" in answer.content.decode()

    def test_is_no_get(self, signed_in: SignedIn, picture: Media) -> None:
        assert signed_in("author").get(f"/studio/media/{picture.pk}/deletion").status_code == 405


class TestAnEditorThatIsOpenMeanwhile:
    def test_saves_the_text_and_says_that_the_picture_is_gone(
        self, signed_in: SignedIn, person: Person, picture: Media
    ) -> None:
        client = signed_in("author")
        post = Post.objects.create(title="T", content="-", author=person("author"), cover=picture)
        revision = post.revision
        picture.discard(by=person("author"))
        drain()
        form = typed(content=f"Long words. ![]({picture.url})", cover=picture.pk, revision=revision)
        answer = client.post(f"/studio/posts/{post.pk}/", form, follow=True)
        page = answer.content.decode()
        assert "Saved." in page
        assert "The cover that you chose was deleted" in page
        assert "The text shows a picture that was deleted" in page
        assert "The text shows “picture.png”, which was deleted on" in page
        post.refresh_from_db()
        assert (post.content, post.cover) == (f"Long words. ![]({picture.url})", None)

    def test_makes_a_new_post_all_the_same(self, signed_in: SignedIn, person: Person, picture: Media) -> None:
        picture.discard(by=person("author"))
        answer = signed_in("author").post("/studio/posts/new/", typed(cover=picture.pk), follow=True)
        assert "The cover that you chose was deleted" in answer.content.decode()
        assert Post.objects.get().cover is None

    @pytest.mark.parametrize("cover", ["0", "x", "99999999999999999999999", "²"])
    def test_refuses_a_cover_that_never_was(self, signed_in: SignedIn, picture: Media, cover: str) -> None:
        assert signed_in("author").post("/studio/posts/new/", typed(cover=cover)).status_code == 422
        assert not Post.objects.exists()

    def test_offers_a_picture_that_someone_else_uploaded_first(
        self, signed_in: SignedIn, person: Person, picture: Media
    ) -> None:
        client = signed_in("editor")
        assert b"A blue field" not in client.get("/studio/posts/new/").content
        Media.objects.store(png(), person("editor"))
        assert b"A blue field" in client.get("/studio/posts/new/").content
