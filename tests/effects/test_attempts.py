"""Why an attempt failed: kept with the effect, shown where a person looks, and scrubbed."""

from __future__ import annotations

import json
import logging
import os
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from app.accounts.models import Role, User
from config.logging import JsonFormatter, TextFormatter
from owed import purging, registry
from owed.celery import EffectFailed, answer
from owed.models import Attempt, Effect
from owed.running import run
from owed.signals import effect_settled
from owed.testing import drain, expire_leases
from tests.effects import samples
from tests.proof.ledger import owe, run_one
from worker.celery import app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("applied"), pytest.mark.covers("D20", "D21")]


@pytest.fixture
def failed() -> Effect:
    """An effect whose body raised an error that holds an address, a password and a token."""
    samples.poison.add(7)
    [pk] = owe(samples.note.si(n=7))
    run_one(pk)
    return Effect.objects.get(pk=pk)


def try_again(effect: Effect, times: int) -> None:
    for _ in range(times):
        Effect.objects.filter(pk=effect.pk).update(state="ready")
        run_one(effect.pk)


class TestAFailedAttempt:
    def test_keeps_time_worker_duration_and_traceback(self, failed: Effect) -> None:
        attempt = failed.attempts.get()
        assert (attempt.number, attempt.outcome) == (1, "retry")
        assert attempt.worker.endswith(f":{os.getpid()}")
        assert attempt.seconds is not None
        assert 0 <= attempt.seconds < 60
        assert 'samples.py", line ' in attempt.traceback
        assert "ValueError: poison 7 for [address]" in attempt.traceback

    def test_keeps_no_address_password_or_token(self, failed: Effect) -> None:
        attempt = failed.attempts.get()
        for secret in ("reader@example.org", "secret", "abc"):
            assert secret not in attempt.traceback.replace('token=abc")', "") + attempt.error

    def test_is_kept_of_the_last_one_as_dead(self, failed: Effect) -> None:
        Effect.objects.update(max_attempts=2)
        try_again(failed, 1)
        assert list(failed.attempts.values_list("number", "outcome")) == [(1, "retry"), (2, "dead")]

    def test_of_many_keeps_the_first_and_the_last_nine(self, failed: Effect) -> None:
        Effect.objects.update(max_attempts=100)
        try_again(failed, 24)
        assert list(failed.attempts.values_list("number", flat=True)) == [1, *range(17, 26)]

    def test_is_kept_of_a_worker_that_died(self) -> None:
        [pk] = owe(samples.note.si(n=1))
        Effect.objects.filter(pk=pk).update(state="running", attempt=1)
        expire_leases()
        attempt = Attempt.objects.get()
        assert (attempt.effect_id, attempt.number, attempt.seconds, attempt.traceback) == (pk, 1, None, "")
        assert "the worker died or froze" in attempt.error

    def test_leaves_nothing_where_it_succeeded_or_put_itself_off(self) -> None:
        owe(samples.note.si(n=1), samples.later.si(seconds=60))
        drain()
        assert not Attempt.objects.exists()

    def test_goes_with_its_effect(self, failed: Effect) -> None:
        samples.poison.clear()
        try_again(failed, 1)
        Effect.objects.update(finished_at="2020-01-01T00:00Z")
        assert purging.purge(timedelta(days=1)) == 1
        assert not Attempt.objects.exists()


class TestWhatHearsOfIt:
    def test_is_the_signal_with_the_error_as_it_was_raised(self) -> None:
        heard: list[Any] = []

        def hear(sender: object, error: Exception | None, traceback: str, **kwargs: Any) -> None:
            heard.append((type(error), "samples.py" in traceback))

        effect_settled.connect(hear)
        try:
            samples.poison.add(7)
            for pk in owe(samples.note.si(n=7), samples.note.si(n=1)):
                run_one(pk)
        finally:
            effect_settled.disconnect(hear)
        assert heard == [(ValueError, True), (type(None), False)]

    @pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
    def test_is_the_log(self, formatter: logging.Formatter, caplog: pytest.LogCaptureFixture) -> None:
        samples.poison.add(7)
        [pk] = owe(samples.note.si(n=7))
        run_one(pk)
        [record] = [record for record in caplog.records if record.getMessage() == "effect retry"]
        line = formatter.format(record)
        said = json.loads(line)["traceback"] if isinstance(formatter, JsonFormatter) else line
        assert 'samples.py", line ' in said
        assert "reader@example.org" not in said

    def test_is_the_log_of_a_batch_whose_members_succeed_alone(self, caplog: pytest.LogCaptureFixture) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in (1, 2)))
        samples.poison.update({1, 2})
        run(registry.get("test.together"), ids, uuid4())
        records = [record for record in caplog.records if record.getMessage() == "batch failed, each runs alone"]
        assert ["poison in the batch" in vars(record)["traceback"] for record in records] == [True]

    def test_is_celery(self, failed: Effect) -> None:
        Effect.objects.update(state="ready", max_attempts=2)
        with pytest.raises(EffectFailed) as error:
            answer(app.tasks["test.note"], run_one(failed.pk))
        [note] = error.value.__notes__
        assert 'samples.py", line ' in note


class TestWhoLooks:
    def test_sees_it_by_the_command(self, failed: Effect) -> None:
        out = StringIO()
        call_command("effects", "show", str(failed.pk), stdout=out)
        [failure] = json.loads(out.getvalue())["failures"]
        assert any('samples.py", line ' in line for line in failure["traceback"])

    def test_sees_it_on_a_page_of_the_studio_and_in_the_admin(self, failed: Effect, client: Client) -> None:
        client.force_login(User.objects.create_superuser("root", "root@example.org", "a-long-password-78"))
        listed = client.get("/studio/effects/list/").content.decode()
        assert f'href="/studio/effects/{failed.pk}/"' in listed
        for page in (f"/studio/effects/{failed.pk}/", f"/admin/owed/effect/{failed.pk}/change/"):
            answered = client.get(page)
            assert answered.status_code == 200
            assert "samples.py&quot;, line " in answered.content.decode()

    @pytest.mark.parametrize(("role", "status"), [(Role.EDITOR, 200), (Role.AUTHOR, 403), (Role.READER, 403)])
    def test_must_be_one_who_may(self, failed: Effect, client: Client, role: Role, status: int) -> None:
        client.force_login(User.objects.create_user("someone", "some@example.org", "a-long-password-78", role=role))
        assert client.get(f"/studio/effects/{failed.pk}/").status_code == status
