"""Acting on effects from the studio: what the filter shows is counted, and exactly that is changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from app.audit import conservation
from app.blog.models import Post
from app.newsletter.models import Delivery, Send, Subscriber
from owed.acting import DISCARD, Decision
from owed.models import Effect
from tests.studio.forms import SignedIn

pytestmark = pytest.mark.django_db
PAGE = "/studio/effects/actions"


def dead(number: int = 1, **facts: Any) -> list[int]:
    now = timezone.now()
    kept = {"task": "search.refresh", "queue": "search", "about": "post:1", "kind": "atomic", **facts}
    times = {"wake_at": now, "due_at": now, "created_at": now, "finished_at": now}
    rows = [Effect(state="dead", attempt=20, error="KeyError: 'slug'", **kept, **times) for _ in range(number)]
    return [each.pk for each in Effect.objects.bulk_create(rows)]


def states(ids: list[int]) -> set[str]:
    return set(Effect.objects.filter(pk__in=ids).values_list("state", flat=True))


def shown(page: str) -> dict[str, str]:
    """Return what the form of the page would send."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


class TestAnAction:
    def test_counts_first_and_changes_those_alone(self, signed_in: SignedIn) -> None:
        mine, others = dead(3), dead(2, task="social.deliver", queue="social")
        editor = signed_in("editor")
        listed = editor.get("/studio/effects/list/?state=dead&task=search").content.decode()
        assert f"{PAGE}?verb=retry&amp;task=search&amp;state=dead" in listed
        page = editor.get(f"{PAGE}?verb=retry&state=dead&task=search").content.decode()
        assert "Retry: 3 effects" in page
        assert (states(mine), states(others)) == ({"dead"}, {"dead"})
        later = dead(1)
        done = editor.post(PAGE, shown(page), follow=True)
        assert "Retry: 3 effects." in done.content.decode()
        assert done.redirect_chain[-1][0] == "/studio/effects/list/?task=search&state=dead"
        assert (states(mine), states(others), states(later)) == ({"ready"}, {"dead"}, {"dead"})

    def test_keeps_the_reason_on_the_effects_page(self, signed_in: SignedIn) -> None:
        [pk] = dead()
        editor = signed_in("editor")
        assert f"{PAGE}?verb=discard&amp;id={pk}" in editor.get(f"/studio/effects/{pk}/").content.decode()
        wish = {"verb": "discard", "id": pk}
        refused = editor.post(PAGE, wish).content.decode()
        assert "Give a reason." in refused
        assert states([pk]) == {"dead"}
        page = editor.post(PAGE, {**wish, "reason": "Sent by hand"}, follow=True).content.decode()
        assert "Decided by the-editor: Sent by hand" in page
        assert states([pk]) == {"discarded"}

    @pytest.mark.parametrize("query", ["", "?verb=erase", "?verb=retry&state=late", "?verb=retry&id=x"])
    def test_is_one_of_those_that_there_are(self, signed_in: SignedIn, query: str) -> None:
        assert signed_in("editor").get(PAGE + query).status_code == 404

    @pytest.mark.parametrize("role", ["author", "reader"])
    def test_is_for_operators(self, signed_in: SignedIn, role: str) -> None:
        [pk] = dead()
        wish = {"verb": "discard", "id": pk, "reason": "x"}
        assert signed_in(role).post(PAGE, wish).status_code == 403
        assert states([pk]) == {"dead"}


class TestADiscardedMailing:
    @pytest.fixture
    def send(self, draft: Post) -> Send:
        """A mailing to three: one sent, one pending, one in the middle."""
        draft.publish(at=timezone.now())
        send = Send.objects.create(post=draft, state="sending", candidates=3)
        for number, state in enumerate(("sent", "pending", "submitting")):
            reader = Subscriber.objects.create(
                email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now(), token=number
            )
            send.deliveries.create(post=draft, subscriber=reader, state=state)
        return send

    def test_still_balances_and_is_over(self, send: Send) -> None:
        args = {"delivery_ids": [each.pk for each in send.deliveries.all()]}
        ids = dead(task="email.deliver", queue="email", about=f"post:{send.post_id}", args=args)
        DISCARD.act_on(ids, Decision(by="ada", reason="an old text"))
        found = dict(Delivery.objects.values_list("state", "error"))
        assert found == {"sent": "", "skipped": "discarded: an old text", "unknown": "the sender died at work"}
        send.refresh_from_db()
        assert (send.state, send.balances) == ("finished", True)
        [balance] = [each for each in conservation.posts() if each.post_id == send.post_id]
        assert balance.parts["discarded"] == 1
        assert [each.wrong for each in conservation.sends()] == [()]

    def test_reaches_no_further_readers(self, send: Send) -> None:
        Send.objects.update(state="expanding")
        send.deliveries.exclude(state="sent").update(state="skipped")
        ids = dead(task="email.page", queue="email", args={"send_id": send.pk, "after": 0})
        DISCARD.act_on(ids, Decision(by="ada", reason="enough"))
        send.refresh_from_db()
        assert send.state == "finished"
