"""One name from the click to what followed from it."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.middleware.request_id import RequestIds
from app.social.connecting import connect
from app.social.models import SocialPost
from config.logging import JsonFormatter
from owed import origin
from owed.models import Effect
from owed.testing import drain

pytestmark = pytest.mark.django_db


def test_names_all_that_a_publication_set_off(client: Client, author: User, draft: Post, settings: Settings) -> None:
    client.force_login(author)
    answer = client.post(f"/studio/posts/{draft.pk}/publication")
    name = answer.headers["X-Request-ID"]
    Effect.objects.exclude(origin=f"request:{name}").delete()  # what the fixtures owed
    assert Effect.objects.about(draft).count() > 3
    drain()
    owed_in_turn = Effect.objects.exclude(cause=None)
    assert owed_in_turn.exists()
    assert set(owed_in_turn.values_list("origin", flat=True)) == {f"request:{name}"}


def test_gives_each_request_a_name_of_its_own(client: Client) -> None:
    names = {client.get("/healthz", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] for _ in range(3)}
    assert len(names) == 3
    assert "mine" not in names
    assert origin.current() == ""


def test_is_in_what_a_worker_logs_with_the_effect_and_its_attempt(
    client: Client, author: User, draft: Post, caplog: pytest.LogCaptureFixture
) -> None:
    connect(network="dummy", name="there")
    client.force_login(author)
    name = client.post(f"/studio/posts/{draft.pk}/publication").headers["X-Request-ID"]
    caplog.handler.addFilter(RequestIds())
    caplog.set_level("INFO")
    drain()
    [shared] = [each for each in caplog.records if each.message == "post shared"]
    deliver = Effect.objects.get(task="social.deliver")
    facts = (shared.request_id, shared.effect, shared.attempt, shared.remote_id)
    assert facts == (name, f"e{deliver.pk}", 1, SocialPost.objects.get().remote_id)
    [settled] = [each for each in caplog.records if each.message == "effect done" and each.effect == f"e{deliver.pk}"]
    assert (settled.origin, settled.hint) == (f"request:{name}", str(deliver.hint))


def test_is_in_the_log_lines_of_its_request() -> None:
    record = logging.makeLogRecord({"msg": "said"})
    with origin.said("request:4f9c"):
        assert RequestIds().filter(record)
    assert '"request_id": "4f9c"' in JsonFormatter().format(record)
    other = logging.makeLogRecord({"msg": "said"})
    with origin.said("schedule:report"):
        RequestIds().filter(other)
    assert "request_id" not in JsonFormatter().format(other)
