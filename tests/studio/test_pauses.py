"""Pausing from the studio: who and why is on every page where effects are shown."""

from __future__ import annotations

import pytest

from app.blog.models import Post
from owed.acting import Decision
from owed.models import Effect, Pause
from owed.pausing import pause
from tests.studio.forms import SignedIn

pytestmark = pytest.mark.django_db
PAGE = "/studio/effects/pauses"
EDITOR = Decision(by="the-editor", reason="the provider is down")


class TestAPause:
    def test_is_made_with_a_reason_and_ended_with_a_button(self, signed_in: SignedIn, draft: Post) -> None:
        draft.schedule(publish_at="2030-01-01T00:00Z")
        editor = signed_in("editor")
        assert f'{PAGE}?queue=upkeep"' in editor.get("/studio/effects/").content.decode()
        asked = editor.get(f"{PAGE}?queue=upkeep").content.decode()
        assert "1 effect would wait" in asked
        assert "Give a reason." in editor.post(PAGE, {"queue": "upkeep"}).content.decode()
        page = editor.post(PAGE, {"queue": "upkeep", "reason": "a restore"}, follow=True).content.decode()
        paused = Pause.objects.get()
        assert "Maintenance is paused." in page
        assert "By the-editor, since" in page
        assert "a restore" in page
        assert "is paused." not in editor.post(f"{PAGE}/{paused.pk}/end", follow=True).content.decode()
        assert not Pause.objects.exists()

    def test_is_shown_to_authors_with_no_button(self, signed_in: SignedIn, draft: Post) -> None:
        draft.schedule(publish_at="2030-01-01T00:00Z")
        pause(task="social.deliver", decision=EDITOR)
        effect = Effect.objects.filter(about=f"post:{draft.pk}").first()
        assert effect is not None
        for page in (f"/studio/posts/{draft.pk}/effects/", f"/studio/effects/{effect.pk}/"):
            text = signed_in("author").get(page).content.decode()
            assert "social.deliver is paused." in text
            assert "/end" not in text

    def test_is_for_operators(self, signed_in: SignedIn) -> None:
        pause(queue="email", decision=EDITOR)
        author = signed_in("author")
        assert author.post(PAGE, {"queue": "social", "reason": "x"}).status_code == 403
        assert author.post(f"{PAGE}/{Pause.objects.get().pk}/end").status_code == 403
        assert Pause.objects.count() == 1

    @pytest.mark.parametrize("query", ["", "?queue=email&task=email.page"])
    def test_names_one_thing(self, signed_in: SignedIn, query: str) -> None:
        assert signed_in("editor").get(PAGE + query).status_code == 404
