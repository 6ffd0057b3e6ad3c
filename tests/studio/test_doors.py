"""Who may enter, and who may do what."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from app.blog.models import Post
from tests.studio.forms import Person, SignedIn

pytestmark = pytest.mark.django_db
FOR_WRITERS = ["/studio/", "/studio/posts/new/", "/studio/comments/", "/studio/media/", "/studio/social/"]
FOR_OPERATORS = ["/studio/effects/", "/studio/mailbox/", "/studio/import/", "/studio/subscribers/", "/studio/settings/"]


class TestTheStudio:
    @pytest.mark.parametrize("path", FOR_WRITERS + FOR_OPERATORS)
    def test_asks_strangers_to_sign_in(self, client: Client, path: str) -> None:
        assert client.get(path)["Location"] == f"/login/?next={path}"

    @pytest.mark.usefixtures("mailbox")
    @pytest.mark.parametrize("path", FOR_WRITERS + FOR_OPERATORS)
    @pytest.mark.parametrize("role", ["reader", "contributor", "author", "editor"])
    def test_opens_by_role(self, signed_in: SignedIn, role: str, path: str) -> None:
        allowed = role == "editor" or (role != "reader" and path in FOR_WRITERS)
        assert signed_in(role).get(path).status_code == (200 if allowed else 403)

    def test_is_never_kept_by_a_cache(self, signed_in: SignedIn, draft: Post) -> None:
        for path in ("/studio/", f"/studio/posts/{draft.pk}/", f"/studio/posts/{draft.pk}/effects/"):
            assert "no-store" in signed_in("author").get(path)["Cache-Control"]

    @pytest.mark.parametrize("path", ["posts/{}/publication", "posts/{}/schedule", "posts/{}/deletion", "posts/{}/", "media/"])
    def test_acts_on_no_forged_form(self, person: Person, draft: Post, path: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person("author"))
        assert client.post(f"/studio/{path.format(draft.pk)}", {"title": "Forged", "content": "x"}).status_code == 403

    @pytest.mark.parametrize("path", ["posts/{}/publication", "posts/{}/schedule", "posts/{}/deletion"])
    def test_acts_by_no_get(self, signed_in: SignedIn, draft: Post, path: str) -> None:
        assert signed_in("editor").get(f"/studio/{path.format(draft.pk)}").status_code == 405


class TestAPost:
    @pytest.mark.parametrize(("role", "status"), [("reader", 403), ("contributor", 403), ("author", 200), ("editor", 200)])
    def test_opens_for_its_author_and_editors(self, signed_in: SignedIn, draft: Post, role: str, status: int) -> None:
        assert signed_in(role).get(f"/studio/posts/{draft.pk}/").status_code == status

    @pytest.mark.covers("M4")
    def test_is_not_published_by_a_contributor(self, signed_in: SignedIn, person: Person) -> None:
        post = Post(title="Mine", content="x", author=person("contributor"))
        post.save()
        client = signed_in("contributor")
        assert client.get(f"/studio/posts/{post.pk}/").status_code == 200
        assert client.post(f"/studio/posts/{post.pk}/publication").status_code == 403
        assert client.post(f"/studio/posts/{post.pk}/schedule", {"publish_at": "2030-01-01T00:00"}).status_code == 403
        post.refresh_from_db()
        assert post.status == "draft"

    @pytest.mark.covers("M4")
    def test_of_another_author_stays_theirs(self, signed_in: SignedIn, person: Person) -> None:
        post = Post(title="Theirs", content="x", author=person("editor"))
        post.save()
        client = signed_in("author")
        for path in ("", "publication", "deletion"):
            assert client.post(f"/studio/posts/{post.pk}/{path}").status_code == 403, path
        assert client.get(f"/studio/posts/{post.pk}/effects/").status_code == 403
        assert b"Theirs" not in client.get("/studio/").content

    def test_once_public_is_closed_to_a_contributor(self, signed_in: SignedIn, person: Person) -> None:
        post = Post(title="Mine", content="x", author=person("contributor"))
        post.save()
        post.publish(at=timezone.now())
        assert signed_in("contributor").get(f"/studio/posts/{post.pk}/").status_code == 403
