"""Revisions as a program reads and restores them."""

from __future__ import annotations

import pytest

from app.blog.models import Post, Revision
from tests.api.client import Program

pytestmark = pytest.mark.django_db


class TestRevisions:
    def test_are_listed_with_who_saved_them(self, author: Program) -> None:
        post = author.post("/posts", {"title": "One", "content": "First."}).json
        author.patch(f"/posts/{post['id']}", {"content": "Second."})
        listed = author.get(f"/posts/{post['id']}/revisions").json
        assert [(each["number"], each["saved_by"]) for each in listed["items"]] == [(2, "ann"), (1, "ann")]
        assert (listed["count"], listed["page"], listed["pages"]) == (2, 1, 1)
        assert author.get(f"/posts/{post['id']}/revisions/1").json["content"] == "First."

    def test_come_back_as_a_new_one(self, author: Program, draft: Post) -> None:
        author.patch(f"/posts/{draft.pk}", {"content": "Second."})
        for _ in range(2):
            answer = author.post(f"/posts/{draft.pk}/revisions/1/restore")
            assert (answer.status, answer.json["content"], answer.json["revision"]) == (200, draft.content, 3)
        assert Revision.objects.get(number=3).restored_from == 1

    def test_come_back_only_over_what_the_program_knows(self, author: Program, draft: Post) -> None:
        author.patch(f"/posts/{draft.pk}", {"content": "Second."})
        answer = author.post(f"/posts/{draft.pk}/revisions/1/restore", {"expected_revision": 1})
        assert (answer.status, Post.objects.get().content) == (409, "Second.")

    def test_that_do_not_exist_are_not_found(self, author: Program, draft: Post) -> None:
        for number in (1, 2**31 - 1):
            assert author.get(f"/posts/{draft.pk}/revisions/{number}").status == 404
        assert author.get(f"/posts/{draft.pk}/revisions/{2**31}").status == 422
        assert author.post(f"/posts/{draft.pk}/revisions/9/restore").status == 404

    def test_are_for_those_who_may_change_the_post(self, reader: Program, draft: Post) -> None:
        draft.revise(content="Second.")
        assert reader.get(f"/posts/{draft.pk}/revisions").status == 404
        draft.publish()
        for path in ("revisions", "revisions/1"):
            assert reader.get(f"/posts/{draft.pk}/{path}").status == 403
        assert reader.post(f"/posts/{draft.pk}/revisions/1/restore").status == 403
        assert Program().get(f"/posts/{draft.pk}/revisions").status == 401


class TestAChange:
    def test_may_name_the_revision_that_it_changes(self, author: Program, draft: Post) -> None:
        body = {"content": "Mine.", "expected_revision": draft.revision}
        assert [author.patch(f"/posts/{draft.pk}", body).status for _ in range(2)] == [200, 409]

    def test_that_names_nothing_but_a_revision_changes_nothing(self, author: Program, draft: Post) -> None:
        assert author.patch(f"/posts/{draft.pk}", {"expected_revision": 1}).json["revision"] == draft.revision
