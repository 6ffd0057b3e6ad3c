"""The ledger and the sends, as their owners see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from app.blog.models import Post
from app.newsletter.models import Send, Subscriber
from owed import record
from owed.models import Effect
from owed.testing import drain, owes
from tests.api.client import Program
from tests.effects import samples

pytestmark = pytest.mark.django_db

NAMES = (
    "id task queue about kind state attempt max_attempts created_at due_at started_at finished_at duration hint outcome error"
    " decided_by reason priority member_of"
)
SHOWN = set(NAMES.split())


def owed(about: str, state: str = "ready") -> Effect:
    now = timezone.now()
    finished = now if state in {"done", "dead"} else None
    times = {"wake_at": now, "due_at": now, "created_at": now, "finished_at": finished}
    return Effect.objects.create(
        task="search.refresh", queue="search", args={"post_id": 1}, about=about, kind="atomic", state=state, **times
    )


class TestEffects:
    def test_about_a_post_are_shown_to_its_author_and_to_editors(
        self, author: Program, editor: Program, other: Program, reader: Program, anybody: Program, published: Post
    ) -> None:
        effect = owed(f"post:{published.pk}")
        query = {"about": f"post:{published.pk}"}
        statuses = [program.get("/effects", **query).status for program in (author, editor, other, reader, anybody)]
        assert statuses == [200, 200, 403, 403, 401]
        mine = author.get("/effects", **query).json
        assert effect.pk in [item["id"] for item in mine]
        assert set(mine[0]) == SHOWN

    def test_about_anothers_draft_are_not_there(self, other: Program, draft: Post) -> None:
        effect = owed(f"post:{draft.pk}")
        assert other.get("/effects", about=f"post:{draft.pk}").status == 404
        assert other.get(f"/effects/{effect.pk}").status == 404

    def test_are_filtered_by_state(self, author: Program, published: Post) -> None:
        dead = owed(f"post:{published.pk}", "dead")
        owed(f"post:{published.pk}")
        found = author.get("/effects", about=f"post:{published.pk}", state="dead").json
        assert [item["id"] for item in found] == [dead.pk]

    def test_of_everybody_are_for_editors(self, author: Program, editor: Program) -> None:
        effect = owed("user:1")
        assert effect.pk in [item["id"] for item in editor.get("/effects", about="user:1").json]
        assert [author.get("/effects").status, author.get("/effects", about="user:1").status] == [403, 403]
        assert author.get(f"/effects/{effect.pk}").status == 403

    @pytest.mark.parametrize(
        "query", [{"about": "x"}, {"about": "post:x"}, {"about": "post:1\x00"}, {"state": "x"}, {"page": 0}]
    )
    def test_refuse_questions_that_mean_nothing(self, editor: Program, query: dict[str, Any]) -> None:
        assert editor.get("/effects", **query).status == 422

    def test_about_an_impossible_post_are_not_there(self, author: Program) -> None:
        assert author.get("/effects", about=f"post:{10**18 * 9 + 9 * 10**17}").status in {404, 422}

    def test_show_why_their_attempts_failed(self, author: Program, other: Program, published: Post) -> None:
        effect = owed(f"post:{published.pk}")
        effect.attempts.create(number=1, ended_at=timezone.now(), outcome="retry", error="KeyError: 'x'", traceback="File x")
        [failure] = author.get(f"/effects/{effect.pk}").json["failures"]
        assert (failure["number"], failure["error"], failure["traceback"]) == (1, "KeyError: 'x'", "File x")
        assert other.get(f"/effects/{effect.pk}").status == 403

    def test_that_are_dead_are_retried_by_those_who_may_see_them(
        self, author: Program, editor: Program, other: Program, reader: Program, published: Post
    ) -> None:
        dead, elsewhere = owed(f"post:{published.pk}", "dead"), owed("user:1", "dead")
        path = f"/effects/{dead.pk}/replay"
        assert [program.post(path).status for program in (other, reader)] == [403, 403]
        assert author.post(f"/effects/{elsewhere.pk}/replay").status == 403
        assert (author.post(path).status, author.post(path).status) == (200, 409)
        Effect.objects.filter(pk=dead.pk).update(state="dead", finished_at=timezone.now())
        replayed = editor.post(path)
        assert (replayed.status, replayed.json["state"]) == (200, "ready")
        assert (editor.post(path).status, editor.post("/effects/987654/replay").status) == (409, 404)


class TestSends:
    def test_are_shown_with_their_balance(
        self, author: Program, editor: Program, other: Program, reader: Program, published: Post
    ) -> None:
        send = Send.objects.create(post=published)
        statuses = [program.get(f"/sends/{send.pk}").status for program in (author, editor, other, reader)]
        assert statuses == [200, 200, 404, 403]
        shown = author.get(f"/sends/{send.pk}").json
        assert (shown["post"], shown["balance"]["candidates"], shown["balances"]) == (published.pk, 0, True)

    def test_are_listed_to_those_whose_posts_they_are(
        self, author: Program, editor: Program, other: Program, published: Post
    ) -> None:
        Send.objects.create(post=published)
        assert [len(program.get("/sends").json) for program in (author, editor, other)] == [1, 1, 0]
        assert len(author.get("/sends", post=published.pk).json) == 1

    def test_have_a_certificate_once_they_are_over(self, author: Program, other: Program, published: Post) -> None:
        send = Send.objects.create(post=published, state="sending")
        path = f"/sends/{send.pk}/certificate"
        assert [author.get(path).status, other.get(path).status] == [409, 404]
        Send.objects.update(state="finished")
        response = author.client.get(f"/api/v1{path}", headers={"Authorization": f"Token {author.token}"})
        assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
        assert b"".join(response.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]

    def test_say_for_which_refusals_they_are_paused(self, author: Program, published: Post) -> None:
        send = Send.objects.create(post=published, state="sending")
        assert author.get(f"/sends/{send.pk}").json["paused_for"] is None
        Send.objects.filter(pk=send.pk).update(paused_at=timezone.now(), paused_for={"refused": 11, "settled": 50})
        assert author.get(f"/sends/{send.pk}").json["paused_for"] == {"refused": 11, "settled": 50}

    @pytest.mark.covers("A4")
    def test_are_made_once_more_by_their_number(self, author: Program, published: Post) -> None:
        wish = {"post": published.pk, "round": 2}
        assert author.post("/sends", wish).status == 409
        Send.objects.create(post=published, state="finished")
        first, second = author.post("/sends", wish), author.post("/sends", wish)
        assert (first.status, first.json["round"], first.json["state"]) == (201, 2, "expanding")
        assert (second.status, Send.objects.count()) == (409, 2)
        assert [send["round"] for send in author.get("/sends", post=published.pk).json] == [2, 1]

    @pytest.mark.covers("A4", "M4")
    def test_are_made_by_those_who_may_publish(
        self, editor: Program, other: Program, reader: Program, anybody: Program, contributor: Program, published: Post
    ) -> None:
        Send.objects.create(post=published, state="finished")
        wish = {"post": published.pk, "round": 2}
        programs = (other, reader, contributor, anybody, editor)
        assert [program.post("/sends", wish).status for program in programs] == [403, 403, 403, 401, 201]
        assert [editor.post("/sends", bad).status for bad in ({"post": 1}, {**wish, "round": 0}, {**wish, "to": "x"})] == [
            422
        ] * 3
        assert editor.post("/sends", {"post": 987_654, "round": 2}).status == 404

    def test_that_were_interrupted_go_on_when_asked(
        self, author: Program, other: Program, reader: Program, published: Post
    ) -> None:
        send = Send.objects.create(post=published, state="finished", candidates=1)
        subscriber = Subscriber.objects.create(email="r@example.org", state="confirmed", confirmed_at=timezone.now())
        send.deliveries.create(post=published, subscriber=subscriber, state="withheld")
        path = f"/sends/{send.pk}/rest"
        assert [program.post(path).status for program in (other, reader)] == [403, 403]
        answer = author.post(path)
        assert (answer.status, answer.json["state"], answer.json["balance"]["pending"]) == (200, "sending", 1)
        assert owes("email.deliver", about=published).count() == 1
        assert (author.post(path).status, author.post("/sends/987654/rest").status) == (409, 404)


class TestInterface:
    def test_describes_itself(self, anybody: Program) -> None:
        described = anybody.get("/openapi.json")
        assert described.status == 200
        assert {"/api/v1/posts", "/api/v1/posts/{post_id}/publication", "/api/v1/effects"} <= set(described.json["paths"])

    def test_describes_who_may_call_what_and_every_refusal(self, anybody: Program, settings: Settings) -> None:
        settings.SITE_URL = "https://blog.example"
        described = anybody.get("/openapi.json").json
        assert described["servers"] == [{"url": "https://blog.example"}]
        assert described["info"]["license"]["identifier"] == "BSD-3-Clause"
        [scheme] = described["components"]["securitySchemes"]
        kinds = {"post /api/v1/posts": [{scheme: []}], "get /api/v1/posts": [{scheme: []}, {}], "get /api/v1/search": []}
        operations = {f"{method} {path}": each for path, all_ in described["paths"].items() for method, each in all_.items()}
        assert {name: operations[name]["security"] for name in kinds} == kinds
        for name, each in operations.items():
            takes = {400, 413, 422} if "requestBody" in each else {422} if each.get("parameters") else set()
            assert {str(status) for status in takes | ({401} if each["security"] else set())} <= set(each["responses"]), name

    def test_answers_in_json_where_there_is_nothing(self, anybody: Program) -> None:
        answer = anybody.get("/nowhere")
        assert (answer.status, answer.json["fields"]) == (404, {})

    def test_tells_of_its_own_failures_in_json_and_no_more(
        self, author: Program, draft: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Post, "publish", lambda self, at: 1 / 0)
        answer = author.post(f"/posts/{draft.pk}/publication")
        assert (answer.status, answer.json) == (500, {"detail": "Something went wrong on our side.", "fields": {}})


class TestASet:
    def test_is_shown_with_its_members_and_with_what_follows(self, editor: Program) -> None:
        with transaction.atomic():
            made = record(samples.call.si(n=1), samples.call.si(n=2), then=samples.call.si(n=3))
        first = min(made.ids)
        shown = {"then": made.then, "task": "test.call", "size": 2, "outstanding": 2, "owed_at": None, "states": {"ready": 2}}
        assert editor.get(f"/effects/{first}").json["set"] == shown
        assert [item["id"] for item in editor.get("/effects", set=made.then).json] == sorted(made.ids)
        drain()
        assert editor.get(f"/effects/{made.then}").json["follows"]["outstanding"] == 0
