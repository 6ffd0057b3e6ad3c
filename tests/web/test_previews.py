"""A link shows a draft to those who have it, until it expires or is revoked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post, PreviewLink
from app.blog.models.preview_link import TooManyPreviews
from app.blog.retention import forget_writing
from app.stats.models import View
from tests import factories
from tests.api.client import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return factories.person("ada", Role.AUTHOR)


@pytest.fixture
def draft(ada: User) -> Post:
    return factories.write(ada, "Not out yet", "Some *words*.")


@pytest.fixture
def token(draft: Post, ada: User) -> str:
    return PreviewLink.objects.issue(draft, ada, timedelta(days=7))[1]


def status(token: str) -> int:
    return Client().get(f"/previews/{token}/").status_code


class TestALink:
    def test_shows_the_saved_draft(self, token: str, draft: Post) -> None:
        draft.revise(content="Some *other* words.")
        answer = Client().get(f"/previews/{token}/")
        assert answer.status_code == 200
        assert b"<em>other</em>" in answer.content
        assert View.objects.count() == 0

    def test_is_kept_by_no_cache_index_or_other_site(self, token: str) -> None:
        answer = Client().get(f"/previews/{token}/")
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert {"no-store", "private"} <= set(re.split(r",\s*", answer["Cache-Control"]))
        assert b'<meta name="robots" content="noindex' in answer.content

    def test_is_not_in_the_database(self, token: str) -> None:
        assert token not in str(list(PreviewLink.objects.values()))

    def test_expires(self, token: str) -> None:
        PreviewLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert status(token) == 404

    def test_can_be_revoked(self, token: str) -> None:
        link = PreviewLink.objects.get()
        assert [link.revoke(), link.revoke()] == [True, False]
        assert status(token) == 404

    @pytest.mark.parametrize("guess", ["x", "%2E", "%ED%A0%80", "é" * 500])
    def test_cannot_be_guessed(self, token: str, guess: str) -> None:
        assert status(guess) == 404

    def test_leads_to_the_public_page(self, token: str, draft: Post) -> None:
        draft.publish()
        answer = Client().get(f"/previews/{token}/")
        assert (answer.status_code, answer["Location"]) == (302, draft.get_absolute_url())

    def test_shows_no_post_that_was_withdrawn_since(self, token: str, draft: Post, ada: User) -> None:
        draft.publish()
        draft.withdraw()
        assert status(token) == 404
        assert status(PreviewLink.objects.issue(draft, ada, timedelta(days=1))[1]) == 200

    def test_goes_with_its_post(self, token: str, draft: Post) -> None:
        draft.delete()
        assert status(token) == 404

    def test_is_one_of_fifty(self, token: str, draft: Post, ada: User) -> None:
        for _ in range(49):
            PreviewLink.objects.issue(draft, ada, timedelta(days=1))
        with pytest.raises(TooManyPreviews):
            PreviewLink.objects.issue(draft, ada, timedelta(days=1))

    def test_is_forgotten_ninety_days_after_its_end(self, token: str) -> None:
        now = timezone.now()
        assert [forget_writing(now + timedelta(days=days)) for days in (96, 98)] == [0, 1]


class TestTheStudio:
    @pytest.fixture
    def writer(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_makes_a_link_and_shows_it_once(self, writer: Client, draft: Post) -> None:
        path = f"/studio/posts/{draft.pk}/previews/"
        made = re.search(r"/previews/[\w-]+/", writer.post(path, {"days": 7}).content.decode())
        assert made is not None
        assert Client().get(made.group()).status_code == 200
        listed = writer.get(path).content.decode()
        assert made.group() not in listed
        assert "Revoke" in listed

    def test_refuses_another_length(self, writer: Client, draft: Post) -> None:
        assert writer.post(f"/studio/posts/{draft.pk}/previews/", {"days": 400}).status_code == 422

    def test_revokes(self, writer: Client, draft: Post, token: str) -> None:
        writer.post(f"/studio/posts/{draft.pk}/previews/{PreviewLink.objects.get().pk}/revocation")
        assert status(token) == 404

    def test_is_closed_to_others(self, draft: Post, token: str) -> None:
        other = Client()
        other.force_login(factories.person("olaf", Role.AUTHOR))
        link = PreviewLink.objects.get()
        assert other.get(f"/studio/posts/{draft.pk}/previews/").status_code == 403
        assert other.post(f"/studio/posts/{draft.pk}/previews/{link.pk}/revocation").status_code == 403
        assert status(token) == 200


class TestTheApi:
    def test_makes_lists_and_revokes(self, ada: User, draft: Post) -> None:
        program = program_of(ada)
        made = program.post(f"/posts/{draft.pk}/previews", {"days": 3})
        path = "/previews/" + made.json["url"].rstrip("/").rsplit("/", 1)[1] + "/"
        assert (made.status, Client().get(path).status_code) == (201, 200)
        [listed] = program.get(f"/posts/{draft.pk}/previews").json
        assert (listed["created_by"], "url" in listed) == ("ada", False)
        for _ in range(2):
            assert program.delete(f"/posts/{draft.pk}/previews/{listed['id']}").status == 204
        assert Client().get(path).status_code == 404
        assert program.delete(f"/posts/{draft.pk}/previews/{listed['id'] + 1}").status == 404
        assert program.post(f"/posts/{draft.pk}/previews", {"days": 91}).status == 422

    def test_refuses_others(self, draft: Post) -> None:
        other = program_of(factories.person("olaf", Role.AUTHOR))
        assert other.post(f"/posts/{draft.pk}/previews").status == 404
        assert other.get(f"/posts/{draft.pk}/previews").status == 404
