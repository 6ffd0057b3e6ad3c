"""Pictures, as programs see them."""

from __future__ import annotations

import pytest

from app.accounts.models import User
from app.blog.models import Media, Post
from app.blog.variants import draw_variants
from owed.testing import owes
from tests import factories
from tests.api.client import Program
from tests.factories import image

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(ann: User) -> Media:
    return Media.objects.store(image(), ann, alt="A red box")


class TestTheList:
    def test_names_each_place_that_shows_a_picture(self, author: Program, ann: User, picture: Media) -> None:
        post = factories.write(ann, "A draft", f"![]({picture.url})")
        [listed] = author.get("/media").json
        assert (listed["name"], listed["alt"], listed["url"], listed["owner"]) == (
            "picture.png",
            "A red box",
            picture.url,
            "ann",
        )
        assert listed["used_in"] == [
            {"kind": "post", "id": post.pk, "title": "A draft", "url": f"/studio/posts/{post.pk}/", "until": None}
        ]

    def test_is_ones_own_or_all_of_an_editor(
        self, author: Program, other: Program, editor: Program, reader: Program, anybody: Program, picture: Media
    ) -> None:
        lists = [program.get("/media") for program in (author, other, editor, reader, anybody)]
        assert [(each.status, len(each.json)) for each in lists[:3]] == [(200, 1), (200, 0), (200, 1)]
        assert [each.status for each in lists[3:]] == [403, 401]

    def test_is_searched_and_filtered(self, author: Program, ann: User, picture: Media) -> None:
        unused = Media.objects.store(image("blue"), ann, alt="A blue box")
        factories.write(ann, "A draft", f"![]({picture.url})")
        found = [author.get("/media", **query).json for query in ({"q": "red"}, {"unused": "true"}, {"page": 2})]
        assert [[each["id"] for each in page] for page in found] == [[picture.pk], [unused.pk], []]
        assert author.get("/media", q="\x00").status == 422

    def test_hides_titles_of_drafts_that_the_caller_may_not_read(self, author: Program, picture: Media) -> None:
        factories.write(factories.person("paul", "author"), "A secret", f"![]({picture.url})")
        [use] = author.get(f"/media/{picture.pk}").json["used_in"]
        assert (use["id"], use["title"], use["url"]) == (None, "", "")


class TestAPicture:
    def test_has_its_caption_and_variants(self, author: Program, ann: User, picture: Media) -> None:
        assert (author.get(f"/media/{picture.pk}").json["variants"], picture.drawn_at) == ([], None)
        large = Media.objects.store(image(size=(900, 600)), ann)
        Media.objects.filter(pk=large.pk).update(size=10**6)
        draw_variants(large.pk)
        answer = author.get(f"/media/{large.pk}").json
        assert [(each["width"], each["for_email"]) for each in answer["variants"]] == [(640, False), (900, False), (900, True)]
        assert answer["drawn_at"]

    def test_is_described_field_by_field(self, author: Program, other: Program, picture: Media) -> None:
        answer = author.patch(f"/media/{picture.pk}", {"caption": "Seen from above"})
        assert (answer.status, answer.json["alt"], answer.json["caption"]) == (200, "A red box", "Seen from above")
        assert author.patch(f"/media/{picture.pk}", {"alt": "x" * 501}).status == 422
        assert other.patch(f"/media/{picture.pk}", {"alt": "Mine"}).status == 404

    def test_that_others_show_keeps_its_description(self, other: Program, author: Program, ann: User, picture: Media) -> None:
        factories.write(ann, "A draft", f"![]({picture.url})")
        Media.objects.store(image(), User.objects.get(username="olaf"), alt="Mine")
        assert other.patch(f"/media/{picture.pk}", {"alt": "Mine"}).status == 409
        assert author.patch(f"/media/{picture.pk}", {"alt": "Mine"}).status == 200


class TestDeletion:
    def test_of_an_unused_picture_is_owed(self, author: Program, picture: Media) -> None:
        assert author.delete(f"/media/{picture.pk}").status == 204
        assert owes("media.cleanup", about=picture).count() == 1
        assert author.get("/media").json == []
        assert author.get(f"/media/{picture.pk}").json["deleted_at"]
        assert author.delete(f"/media/{picture.pk}").status == 409

    def test_of_a_used_picture_needs_to_be_meant(self, author: Program, ann: User, picture: Media) -> None:
        post: Post = factories.write(ann, "A draft", f"![]({picture.url})")
        refused = author.delete(f"/media/{picture.pk}")
        assert (refused.status, "used in 1 place," in refused.json["detail"]) == (409, True)
        assert author.delete(f"/media/{picture.pk}?even_if_used=true").status == 204
        assert list(post.media.all()) == [picture]

    def test_is_not_for_others(self, other: Program, reader: Program, anybody: Program, picture: Media) -> None:
        statuses = [program.delete(f"/media/{picture.pk}").status for program in (other, reader, anybody)]
        assert statuses == [404, 403, 401]
        assert Media.objects.kept().exists()
