"""The team, reviews, topics and the log, as a program uses them."""

from __future__ import annotations

import pytest

from app.accounts.models import User
from app.blog.models import Category
from app.team.models import Invitation
from owed.testing import drain
from tests import factories
from tests.api.client import Program, person, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def edith(db: None) -> User:
    return person("edith", "editor")


@pytest.fixture
def editor(edith: User) -> Program:
    return program_of(edith)


class TestTheTeam:
    def test_is_listed_invited_changed_and_deactivated(self, editor: Program, ann: User) -> None:
        factories.write(ann)
        shown = {each["username"]: (each["role"], each["posts"]) for each in editor.get("/team").json}
        assert shown == {"ann": ("author", 1), "edith": ("editor", 0)}
        assert editor.put(f"/team/{ann.pk}/role", {"role": "contributor"}).json["role"] == "contributor"
        assert editor.put(f"/team/{ann.pk}/deactivation").json["is_active"] is False
        assert editor.put(f"/team/{ann.pk}/deactivation").status == 409
        assert editor.delete(f"/team/{ann.pk}/deactivation").json["is_active"] is True

    def test_gets_invitations_without_a_secret(self, editor: Program) -> None:
        made = editor.post("/team/invitations", {"email": "New@example.org", "role": "author"})
        assert (made.status, made.json["email"], made.json["role"]) == (201, "New@example.org", "author")
        assert Invitation.objects.get().secret() not in made.text + editor.get("/team/invitations").text
        assert editor.delete(f"/team/invitations/{made.json['id']}").status == 204
        assert editor.delete(f"/team/invitations/{made.json['id']}").status == 409
        assert editor.get("/team/invitations").json == []
        refused = [editor.post("/team/invitations", {"email": to, "role": "author"}).status for to in ("x", "ann@")]
        assert refused == [422, 422]

    def test_gives_posts_away(self, editor: Program, ann: User, edith: User) -> None:
        post = factories.publish(ann)
        assert editor.post(f"/team/{ann.pk}/transfer", {"to": edith.pk}).json == {"posts": 1}
        drain()
        post.refresh_from_db()
        assert post.author == edith
        assert editor.post(f"/team/{ann.pk}/transfer", {"to": edith.pk}).status == 409
        assert editor.post(f"/team/{ann.pk}/transfer", {"to": 10**9}).status == 422


class TestAReview:
    def test_is_submitted_assigned_noted_and_given_back(self, author: Program, ann: User, editor: Program, edith: User) -> None:
        post = factories.write(ann)
        assert author.post(f"/posts/{post.pk}/review", {"text": "Please."}).json["is_waiting"] is True
        assert editor.put(f"/posts/{post.pk}/assignee", {"assignee": edith.pk}).json["assignee"] == edith.pk
        assert author.put(f"/posts/{post.pk}/assignee", {"assignee": ann.pk}).status == 403
        assert editor.post(f"/posts/{post.pk}/notes", {"text": "Which dams?"}).status == 201
        assert [each["text"] for each in author.get(f"/posts/{post.pk}/notes").json] == ["Please.", "Which dams?"]
        assert editor.delete(f"/posts/{post.pk}/review").json["is_waiting"] is False
        assert editor.delete(f"/posts/{post.pk}/review").status == 409

    def test_is_no_one_elses_business(self, other: Program, ann: User) -> None:
        draft, public = factories.write(ann), factories.publish(ann)
        assert [other.get(f"/posts/{each.pk}/notes").status for each in (draft, public)] == [404, 403]


class TestTopics:
    def test_are_made_changed_merged_and_deleted(self, editor: Program) -> None:
        made = [editor.post("/topics/category", {"name": name}).json for name in ("Politics", "Power", "Rivers")]
        assert editor.post("/topics/category", {"name": "power"}).status == 409
        changed = editor.patch(f"/topics/category/{made[2]['id']}", {"description": "Water."}).json
        assert (changed["name"], changed["slug"], changed["description"]) == ("Rivers", "rivers", "Water.")
        assert editor.post(f"/topics/category/{made[0]['id']}/merge", {"into": made[1]["id"]}).status == 202
        drain()
        assert editor.delete(f"/topics/category/{made[2]['id']}").status == 204
        assert [each["name"] for each in editor.get("/topics/category").json] == ["Power"]
        assert Category.objects.count() == 1

    def test_are_changed_by_editors(self, author: Program) -> None:
        assert author.get("/topics/tag").status == 200
        assert author.post("/topics/tag", {"name": "x"}).status == 403
        assert author.get("/topics/author").status == 422


class TestTheLog:
    def test_is_read_page_by_page(self, editor: Program, edith: User) -> None:
        for number in range(60):
            editor.post("/topics/tag", {"name": f"tag {number}"})
        first = editor.get("/log").json
        second = editor.get(f"/log?before={first['next']}").json
        assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 10, None)
        newest = first["items"][0]
        assert (newest["by"], newest["via"], newest["action"], newest["label"]) == (edith.pk, "api", "topic.created", "tag 59")
        assert editor.get("/log?group=team").json["items"] == []
