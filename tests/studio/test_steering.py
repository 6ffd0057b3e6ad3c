"""A mailing on its page: paused, resumed, cancelled, and sent again to whom it failed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from app.blog.models import Post
from app.newsletter import effects, steering
from app.newsletter.models import Delivery, Send, Subscriber
from app.newsletter.models import send as sends
from owed.models import Effect
from owed.testing import drain
from tests.proof.ledger import run_one
from tests.sinks import Sink
from tests.studio.forms import SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("A4", "E6")]


@pytest.fixture
def running(draft: Post, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Send:
    """A mailing to 45 readers of whom 20 got it."""
    monkeypatch.setattr(sends, "CHUNK", 20)
    fields = {"state": "confirmed", "confirmed_at": timezone.now()}
    Subscriber.objects.bulk_create(Subscriber(email=f"r{n}@example.org", **fields) for n in range(45))
    draft.publish()
    mailing = [each.name for each in (effects.announce, effects.page, effects.deliver)]
    for _ in range(3):
        run_one(Effect.objects.pending().filter(task__in=mailing).order_by("pk")[0].pk)
    return Send.objects.get()


class TestAMailing:
    def test_pauses_and_resumes(self, running: Send, signed_in: SignedIn, smtp_sink: Sink) -> None:
        editor, page = signed_in("editor"), f"/studio/sends/{running.pk}/"
        assert "Pause this mailing" in editor.get(page).content.decode()
        assert "Pause this mailing" in editor.get(f"/studio/posts/{running.post_id}/effects/").content.decode()
        answer = editor.post(f"{page}pause", follow=True).content.decode()
        assert "Paused: 20 sent, 25 stopped, 0 on their way, 0 in doubt." in answer
        assert "Email the rest" in answer
        assert "Cancel it for the 25 subscribers who wait" in answer
        assert "Pause this mailing" not in answer
        assert "not paused" not in editor.post(f"{page}resume", follow=True).content.decode()
        drain()
        assert len({each.recipient for each in smtp_sink.captured}) == 45
        assert "over or paused already" in editor.post(f"{page}cancel", follow=True).content.decode()

    def test_sends_one_copy_or_all_that_failed_again(self, running: Send, signed_in: SignedIn, smtp_sink: Sink) -> None:
        drain()
        editor, page = signed_in("editor"), f"/studio/sends/{running.pk}/"
        first, second = Delivery.objects.order_by("pk")[:2]
        Delivery.objects.filter(pk=first.pk).update(state="unknown")
        Delivery.objects.filter(pk=second.pk).update(state="failed")
        shown = editor.get(page).content.decode()
        assert "Send again (it may arrive twice)" in shown
        assert "Try the 1 that failed again" in shown
        assert "being sent again" in editor.post(f"/studio/deliveries/{first.pk}/again", follow=True).content.decode()
        assert "nothing to send again" in editor.post(f"/studio/deliveries/{first.pk}/again", follow=True).content.decode()
        assert "Being emailed to 1 subscriber." in editor.post(f"{page}failed", follow=True).content.decode()
        drain()
        assert len(smtp_sink.captured) == 47

    @pytest.mark.covers("M4")
    def test_lets_only_those_decide_who_may_publish(self, running: Send, signed_in: SignedIn) -> None:
        verbs = ("pause", "resume", "cancel", "failed")
        paths = [
            *(f"/studio/sends/{running.pk}/{verb}" for verb in verbs),
            f"/studio/deliveries/{Delivery.objects.all()[0].pk}/again",
        ]
        for role in ("reader", "contributor"):
            stranger = signed_in(role)
            assert {stranger.post(path).status_code for path in paths} == {403}
        assert {signed_in("editor").get(path).status_code for path in paths} == {405}

    def test_refreshes_its_sums_while_it_goes_on(self, running: Send, signed_in: SignedIn) -> None:
        editor, page = signed_in("editor"), f"/studio/sends/{running.pk}/"
        assert 'data-hx-trigger="every 2s"' in editor.get(page).content.decode()
        part = editor.get(page, headers={"HX-Request": "true"}).content.decode()
        assert ("<html" in part, 'id="sums"' in part) == (False, True)
        steering.pause(running, by=None)
        assert "data-hx-trigger" not in editor.get(page, headers={"HX-Request": "true"}).content.decode()
