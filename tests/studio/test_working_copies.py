"""What is typed and not saved: kept, shown again, thrown away only by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post, WorkingCopy
from app.blog.retention import forget_writing
from tests.studio.forms import Person, SignedIn, typed

pytestmark = pytest.mark.django_db
KEY = "0b9f3b1e-52a5-4a53-8a9c-2f6f3d1c7f10"


@pytest.fixture
def writer(signed_in: SignedIn) -> Client:
    return signed_in("author")


def store(client: Client, post: Post | None, **changes: Any) -> tuple[int, dict[str, Any]]:
    place = f"{post.pk}" if post else "new"
    own = {"page": "one", "found": "", "revision": post.revision} if post else {"page": "one", "found": "", "draft": KEY}
    answer = client.post(f"/studio/posts/{place}/working-copy", typed(**{**own, **changes}))
    return answer.status_code, answer.json() if answer["Content-Type"] == "application/json" else {}


class TestTyping:
    def test_is_kept_beside_the_post(self, writer: Client, draft: Post) -> None:
        status, said = store(writer, draft, content="Not yet.", tags="one, two")
        assert (status, said["unsaved"]) == (200, True)
        assert Post.objects.get().content == "Some words."
        shown = writer.get(f"/studio/posts/{draft.pk}/").content.decode()
        assert "Not yet.</textarea>" in shown
        assert 'value="one, two"' in shown
        assert "did not save" in shown

    def test_of_what_is_saved_keeps_nothing(self, writer: Client, draft: Post) -> None:
        same = {"title": draft.title, "content": draft.content, "slug": draft.slug}
        assert store(writer, draft, **{**same, "content": "Else."})[1]["unsaved"]
        assert not store(writer, draft, **same)[1]["unsaved"]
        assert WorkingCopy.objects.count() == 0

    def test_of_a_new_post_is_kept_and_goes_on(self, writer: Client) -> None:
        assert store(writer, None, title="Begun")[0] == 200
        assert b"Begun" in writer.get("/studio/").content
        assert b">\nBegun</textarea>" in writer.get(f"/studio/posts/new/?draft={KEY}").content
        assert b"Begun</textarea>" not in writer.get("/studio/posts/new/").content

    def test_of_nothing_keeps_nothing(self, writer: Client) -> None:
        store(writer, None, title="", content="")
        assert WorkingCopy.objects.count() == 0

    def test_is_read_as_a_browser_sends_it(self, writer: Client, draft: Post) -> None:
        store(writer, draft, content="a\r\nb\x00")
        assert WorkingCopy.objects.get().fields["content"] == "a\nb"

    def test_too_long_is_refused(self, writer: Client, draft: Post) -> None:
        assert store(writer, draft, content="x" * (2 * 2**20 + 1)) == (413, {"error": "too_long"})

    def test_longer_than_a_post_may_be_is_kept(self, writer: Client, draft: Post) -> None:
        assert store(writer, draft, content="x" * (512 * 2**10 + 1))[0] == 200

    def test_again_replaces_what_the_same_page_stored(self, writer: Client, draft: Post) -> None:
        assert [store(writer, draft, content=text)[0] for text in ("One.", "Two.")] == [200, 200]
        assert WorkingCopy.objects.get().fields["content"] == "Two."

    def test_in_another_window_replaces_nothing_unseen(self, writer: Client, draft: Post) -> None:
        store(writer, draft, content="One.")
        assert store(writer, draft, content="Two.", page="two") == (409, {"error": "edited_elsewhere"})
        assert store(writer, draft, content="Three.", page="two", found="one")[0] == 200
        assert WorkingCopy.objects.get().fields["content"] == "Three."


class TestWhoAsks:
    def test_signed_out_is_told_so(self, draft: Post) -> None:
        assert store(Client(), draft) == (401, {"error": "signed_out"})
        assert Client().get(f"/studio/posts/{draft.pk}/working-copy").status_code == 401

    def test_as_someone_else_stores_nothing(self, writer: Client, draft: Post, person: Person) -> None:
        assert store(writer, draft, writer=person("editor").pk) == (409, {"error": "other_person"})
        assert WorkingCopy.objects.count() == 0

    def test_without_the_right_is_refused(self, signed_in: SignedIn, draft: Post) -> None:
        assert store(signed_in("contributor"), draft)[0] == 403
        assert store(signed_in("reader"), None) == (403, {"error": "forbidden"})

    def test_gets_the_token_of_now(self, writer: Client, draft: Post) -> None:
        assert len(writer.get(f"/studio/posts/{draft.pk}/working-copy").json()["token"]) == 64

    def test_sees_their_own_alone(self, writer: Client, signed_in: SignedIn, draft: Post) -> None:
        store(writer, draft, content="Mine alone.")
        shown = signed_in("editor").get(f"/studio/posts/{draft.pk}/").content
        assert b"Mine alone." not in shown
        assert b"the-author edits this post, too" in shown


class TestSaving:
    def test_ends_the_copy(self, writer: Client, draft: Post) -> None:
        store(writer, draft, content="Done.")
        form = typed(content="Done.", revision=draft.revision, page="one")
        assert writer.post(f"/studio/posts/{draft.pk}/", form).status_code == 302
        assert (Post.objects.get().content, WorkingCopy.objects.count()) == ("Done.", 0)

    def test_a_new_post_ends_its_copy(self, writer: Client) -> None:
        store(writer, None, title="Begun")
        writer.post("/studio/posts/new/", typed(title="Begun", draft=KEY, page="one"))
        assert (Post.objects.get().title, WorkingCopy.objects.count()) == ("Begun", 0)

    def test_leaves_what_another_window_stored(self, writer: Client, draft: Post) -> None:
        store(writer, draft, content="In the first window.")
        writer.post(f"/studio/posts/{draft.pk}/", typed(content="Done.", revision=draft.revision, page="two"))
        assert WorkingCopy.objects.get().fields["content"] == "In the first window."

    def test_that_is_refused_keeps_what_was_typed(self, writer: Client, draft: Post) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/", typed(title="", content="All my words.", revision=1, page="p"))
        assert answer.status_code == 422
        assert b"data-unstored" not in answer.content
        assert b"All my words." in writer.get(f"/studio/posts/{draft.pk}/").content

    def test_that_is_refused_says_when_it_could_not(self, writer: Client, draft: Post) -> None:
        store(writer, draft, content="In the first window.")
        answer = writer.post(f"/studio/posts/{draft.pk}/", typed(title="", content="Second.", revision=1, page="two"))
        assert b"data-unstored" in answer.content


class TestTwoEditors:
    @pytest.fixture
    def seen(self, draft: Post, signed_in: SignedIn) -> int:
        """Return the revision that the author's page has; the editor saved since."""
        seen = draft.revision
        signed_in("editor").post(f"/studio/posts/{draft.pk}/", typed(content="Theirs, in full.", revision=seen))
        return seen

    def test_are_shown_both_texts_with_names(self, writer: Client, draft: Post, seen: int) -> None:
        answer = writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine, in full.", revision=seen))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "the-editor saved this post while you were editing it" in page
        assert "<del>Theirs</del>, in full." in page
        assert "<ins>Mine</ins>, in full." in page
        assert "Mine, in full.</textarea>" in page

    def test_replace_nothing_by_saving_twice(self, writer: Client, draft: Post, seen: int) -> None:
        for _ in range(3):
            writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.", revision=seen))
        assert Post.objects.get().content == "Theirs, in full."

    def test_replace_nothing_without_a_revision(self, writer: Client, draft: Post, seen: int) -> None:
        assert writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.")).status_code == 422
        assert Post.objects.get().content == "Theirs, in full."

    def test_keep_mine_and_theirs_stays_in_the_history(self, writer: Client, draft: Post, seen: int) -> None:
        form = typed(content="Mine.", revision=seen, keep="mine", theirs=Post.objects.get().revision)
        assert writer.post(f"/studio/posts/{draft.pk}/", form).status_code == 302
        assert Post.objects.get().content == "Mine."
        kept = list(draft.revisions.order_by("number").values_list("content", flat=True))
        assert kept == ["Some words.", "Theirs, in full.", "Mine."]

    def test_look_again_at_a_third_text(self, writer: Client, draft: Post, seen: int) -> None:
        shown = Post.objects.get().revision
        Post.objects.get().revise(content="Third.")
        form = typed(content="Mine.", revision=seen, keep="mine", theirs=shown)
        assert writer.post(f"/studio/posts/{draft.pk}/", form).status_code == 422
        assert Post.objects.get().content == "Third."

    def test_keep_theirs(self, writer: Client, draft: Post, seen: int) -> None:
        refused = typed(content="Mine.", revision=seen, page="p")
        writer.post(f"/studio/posts/{draft.pk}/", refused)
        assert b"Mine." in writer.get(f"/studio/posts/{draft.pk}/").content
        writer.post(f"/studio/posts/{draft.pk}/", {**refused, "keep": "theirs"})
        assert (Post.objects.get().content, WorkingCopy.objects.count()) == ("Theirs, in full.", 0)

    def test_of_one_text_have_no_conflict(self, writer: Client, draft: Post) -> None:
        form = typed(content="Once.", revision=draft.revision)
        assert [writer.post(f"/studio/posts/{draft.pk}/", form).status_code for _ in range(2)] == [302, 302]

    def test_have_none_where_one_only_published(self, writer: Client, draft: Post) -> None:
        seen = draft.revision
        Post.objects.get().publish()
        assert writer.post(f"/studio/posts/{draft.pk}/", typed(content="Mine.", revision=seen)).status_code == 302
        assert Post.objects.get().content == "Mine."


class TestThrowingAway:
    def test_is_asked_with_the_difference(self, writer: Client, draft: Post) -> None:
        store(writer, draft, title="A draft", content="Some other words.", slug=draft.slug)
        path = f"/studio/posts/{draft.pk}/unsaved/"
        assert "Some <ins>other </ins>words." in writer.get(path).content.decode()
        writer.post(path)
        assert WorkingCopy.objects.count() == 0
        assert writer.get(path).status_code == 404

    def test_of_a_new_post(self, writer: Client, signed_in: SignedIn) -> None:
        store(writer, None, title="Begun")
        signed_in("editor").post(f"/studio/posts/new/unsaved/{KEY}")
        assert WorkingCopy.objects.count() == 1
        writer.post(f"/studio/posts/new/unsaved/{KEY}")
        assert WorkingCopy.objects.count() == 0

    def test_happens_by_itself_after_a_year(self, writer: Client, draft: Post, person: Person) -> None:
        author: User = person("author")
        now = timezone.now()
        for days in (364, 366):
            WorkingCopy.objects.create(writer=author, key=uuid4(), fields={}, stamp="x", saved_at=now - timedelta(days=days))
        assert forget_writing(now) == 1
