"""What the studio does, by the API: moderation, uploads, the email before it is mailed, single copies, segments."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from app.blog.models import Comment, Media, Post
from app.newsletter import effects
from app.newsletter.models import Delivery, SampleMail, Segment, Send, Subscriber
from app.social.models import Account
from owed.testing import owes
from tests import factories
from tests.api.client import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment(published: Post) -> Comment:
    return published.comment(content="Hm.", guest_name="Gus", guest_email="gus@secret.example")


class TestModeration:
    def test_lists_what_waits_without_an_address(self, author: Program, comment: Comment) -> None:
        answer = author.get("/comments")
        assert [each["id"] for each in answer.json] == [comment.pk]
        assert "secret.example" not in answer.text
        assert author.get("/comments", status="approved").json == []

    def test_approves_and_files_and_may_be_asked_twice(self, author: Program, comment: Comment, published: Post) -> None:
        for status in ("approved", "approved", "spam", "spam", "deleted"):
            answer = author.put(f"/comments/{comment.pk}/status", {"status": status})
            assert (answer.status, answer.json["status"]) == (200, status)
            published.refresh_from_db()
            assert published.comment_count == (1 if status == "approved" else 0)
        assert author.get("/comments", status="deleted").json[0]["content"] == "Hm."

    def test_is_for_who_moderates(self, other: Program, contributor: Program, reader: Program, comment: Comment) -> None:
        for program, status in ((other, 404), (contributor, 404), (reader, 403)):
            assert program.put(f"/comments/{comment.pk}/status", {"status": "approved"}).status == status
        comment.refresh_from_db()
        assert comment.status == "held"

    def test_judges_many_or_none(self, author: Program, editor: Program, comment: Comment, ann: User) -> None:
        other = comment.post.comment(content="Well.", guest_name="Eve")
        answer = author.post("/comments/judgements", {"ids": [comment.pk, 10**9], "status": "spam"})
        assert (answer.status, str(10**9) in answer.json["fields"]["ids"][0]) == (422, True)
        assert author.get(f"/comments/{comment.pk}").json["status"] == "held"
        other.approve()
        answer = editor.post("/comments/judgements", {"ids": [comment.pk, other.pk, other.pk], "status": "approved"})
        assert answer.json == {"changed": {"held": [comment.pk]}, "unchanged": [other.pk]}
        assert editor.post("/comments/judgements", {"ids": [], "status": "spam"}).json["fields"].keys() == {"ids"}

    def test_answers_what_readers_see(self, author: Program, other: Program, comment: Comment) -> None:
        refused = author.post(f"/comments/{comment.pk}/replies", {"content": "Thanks."})
        assert (refused.status, "Approve it first" in refused.json["detail"]) == (409, True)
        answer = author.post(f"/comments/{comment.pk}/replies", {"content": "Thanks.", "publish": True})
        assert (answer.status, answer.json["parent"], answer.json["author"]) == (201, comment.pk, "ann")
        assert author.get(f"/comments/{comment.pk}").json["status"] == "approved"
        assert other.post(f"/comments/{comment.pk}/replies", {"content": "Me too."}).status == 404
        assert [each["content"] for each in author.get("/comments", status="approved", q="thanks").json] == ["Thanks."]

    def test_knows_no_other_status(self, author: Program, comment: Comment) -> None:
        assert author.put(f"/comments/{comment.pk}/status", {"status": "loved"}).json["fields"].keys() == {"status"}


class TestWebhooks:
    def test_choose_their_events(self, author: Program, editor: Program, other: Program, ann: User) -> None:
        hook = Account.objects.create(network="webhook", name="hook", endpoint="https://hook.example/", owner=ann)
        [listed] = author.get("/webhooks").json
        assert (listed["id"], listed["events"], "secret" in listed) == (hook.pk, ["post"], False)
        assert "subscriber.confirmed" not in listed["choices"]
        answer = author.put(f"/webhooks/{hook.pk}/events", {"events": ["comment.held", "post"]})
        assert (answer.status, answer.json["events"]) == (200, ["post", "comment.held"])
        refused = author.put(f"/webhooks/{hook.pk}/events", {"events": ["effect.dead"]})
        assert (refused.status, refused.json["fields"].keys()) == (422, {"events"})
        assert other.put(f"/webhooks/{hook.pk}/events", {"events": []}).status == 404
        assert editor.get(f"/webhooks/{hook.pk}/calls").json == []


class TestAnUpload:
    def upload(self, user: User, content: bytes) -> tuple[int, dict[str, object], str]:
        token = ApiToken.objects.issue(user, "test")[1]
        program = Program(token)
        file = SimpleUploadedFile("red.png", content)
        headers = {"Authorization": f"Token {token}"}
        answer = program.client.post("/api/v1/media", {"file": file, "alt": "Red"}, headers=headers)
        return answer.status_code, answer.json(), answer.headers.get("Location", "")

    def test_is_in_the_library_with_its_description(self, ann: User, settings: Settings, tmp_path: object) -> None:
        settings.MEDIA_ROOT = tmp_path
        status, made, location = self.upload(ann, factories.image().read())
        kept = Media.objects.get()
        assert (status, location, kept.alt, kept.owner) == (201, f"/api/v1/media/{kept.pk}", "Red", ann)
        assert (made["alt"], made["width"], made["used_in"]) == ("Red", 4, [])

    def test_of_anything_else_is_refused(self, ann: User) -> None:
        assert self.upload(ann, b"<svg xmlns='http://www.w3.org/2000/svg'/>")[0] == 422
        assert not Media.objects.exists()


class TestALetter:
    def test_is_read_before_it_is_mailed(self, author: Program, draft: Post) -> None:
        answer = author.get(f"/posts/{draft.pk}/letter", preview="Beside the subject")
        assert answer.status == 200
        assert "A draft" in answer.json["text"]
        assert "Beside the subject" in answer.json["html"]

    def test_goes_to_oneself_as_a_test(self, author: Program, ann: User, draft: Post) -> None:
        answer = author.post(f"/posts/{draft.pk}/samples", {"subject": "Look"})
        sample = SampleMail.objects.get()
        assert (answer.status, answer.json) == (202, {"id": sample.pk, "email": ann.email})
        assert (sample.recipient, sample.subject) == (ann, "Look")
        assert [effect.args for effect in owes(effects.sample)] == [{"sample_id": sample.pk}]

    def test_is_limited_and_for_who_may_publish(self, author: Program, other: Program, draft: Post) -> None:
        assert other.post(f"/posts/{draft.pk}/samples", {}).status == 404
        assert [author.post(f"/posts/{draft.pk}/samples", {}).status for _ in range(6)] == [202] * 5 + [429]


class TestACopy:
    @pytest.fixture
    def delivery(self, published: Post) -> Delivery:
        reader = Subscriber.objects.create(email="lee@secret.example", source="page")
        send = Send.objects.create(post=published, state="sending", candidates=1)
        return Delivery.objects.create(send=send, post=published, subscriber=reader, state="failed", error="550 no")

    def test_is_listed_without_an_address(self, author: Program, delivery: Delivery) -> None:
        answer = author.get(f"/sends/{delivery.send_id}/deliveries", state="failed")
        assert [(each["id"], each["error"]) for each in answer.json] == [(delivery.pk, "550 no")]
        assert "secret.example" not in answer.text
        assert author.get(f"/sends/{delivery.send_id}/deliveries", state="sent").json == []

    def test_that_failed_is_sent_again_once(self, author: Program, delivery: Delivery) -> None:
        path = f"/deliveries/{delivery.pk}/again"
        assert (author.post(path).json["state"], author.post(path).status) == ("pending", 409)

    def test_is_nothing_to_others(self, other: Program, reader: Program, delivery: Delivery) -> None:
        assert other.get(f"/sends/{delivery.send_id}/deliveries").status == 403
        assert reader.post(f"/deliveries/{delivery.pk}/again").status == 403
        assert other.post(f"/deliveries/{delivery.pk + 1}/again").status == 404


class TestASegment:
    def test_is_saved_listed_and_forgotten(self, editor: Program) -> None:
        made = editor.post("/segments", {"name": "Friends", "tag": "friend", "since": "2026-01-02"})
        assert made.status == 201
        assert Segment.objects.get().filters == {"tag": "friend", "since": "2026-01-02"}
        assert editor.get("/segments").json == [made.json]
        assert editor.delete(f"/segments/{made.json['id']}").status == 204
        assert editor.delete(f"/segments/{made.json['id']}").status == 404

    @pytest.mark.parametrize("body", [{"name": "All"}, {"name": "", "tag": "a"}, {"name": "A", "tga": "a"}])
    def test_needs_a_name_and_a_filter_that_is_known(self, editor: Program, body: dict[str, str]) -> None:
        assert editor.post("/segments", body).status == 422
        assert not Segment.objects.exists()

    def test_has_a_name_of_its_own(self, editor: Program) -> None:
        body = {"name": "Friends", "tag": "friend"}
        assert [editor.post("/segments", body).status for _ in range(2)] == [201, 422]

    def test_is_for_editors(self, author: Program, reader: Program) -> None:
        for program in (author, reader):
            assert program.get("/segments").status == 403
            assert program.post("/segments", {"name": "A", "tag": "a"}).status == 403
