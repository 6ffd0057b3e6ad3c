"""Durable handlers: owed with the change, run by a worker, retried, buried, replayed."""

from __future__ import annotations

import os
import signal as signals
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.blog.placement import Placement
from app.blog.signals import post_deleted, post_published
from app.dispatch import CannotTravel, NameNeeded, NameTaken, UnknownSignal, signal_manager
from app.dispatch.serializing import pack, unpack
from owed import GiveUp, registry
from owed.models import Effect
from owed.testing import drain, owes
from tests.dispatch.signals import something_happened
from tests.example_app.apps import ExampleConfig, print_post
from tests.proof.processes import environment
from tests.waiting import wait_until

NAME = "handlers.tests.example_app.apps.print_post"
LIST = "print(signal_manager.handlers())"
WEB = f"import config.wsgi; from app.dispatch import signal_manager; {LIST}"
WORKER = f"from worker import celery; celery.loader.import_default_modules(); from app.dispatch import signal_manager; {LIST}"

heard: list[tuple[str, dict[str, Any]]] = []


def listen(**payload: Any) -> None:
    heard.append(("handler", payload))


def refuse(**payload: Any) -> None:
    raise ValueError("no paper")


def hear_error(error: Exception, **payload: Any) -> None:
    heard.append((str(error), payload))


def also_refuse(**payload: Any) -> None:
    raise GiveUp("never")


@pytest.fixture(autouse=True)
def _nothing_heard() -> None:
    heard.clear()


@pytest.fixture
def post(transactional_db: None) -> Post:
    author = User.objects.create_user("ada", role="author")
    post = Post.objects.create(title="On presses", content="...", author=author)
    Effect.objects.all().delete()
    return post


@pytest.fixture
def press(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Install the example app in this process. Its press is not there yet, so that printing fails."""
    settings.DATA_DIR = tmp_path
    ExampleConfig.create("tests.example_app").ready()
    yield tmp_path / "press"
    signal_manager.unregister_handler(post_published, print_post)


@pytest.fixture
def durably() -> Iterator[Any]:
    """Register durable handlers for as long as the test runs."""
    kept: list[tuple[Signal, Any]] = []

    def register(signal: Signal, handler: Any, *more: Any, **how: Any) -> None:
        signal_manager.register_handler(signal, handler, *more, durable=True, **how)
        kept.append((signal, how.get("uid") or handler))

    yield register
    for signal, handler in kept:
        signal_manager.unregister_handler(signal, uid=handler)


def again() -> None:
    """Let every backoff end now, and run what is ready."""
    Effect.objects.filter(state="waiting").update(wake_at=timezone.now())
    drain()


def publish(post: Post) -> None:
    post.publish(at=timezone.now())


class TestAnAppOfSomebodyElse:
    @pytest.mark.covers("G14", "A6")
    def test_hears_of_a_publication_once_under_its_own_name(self, post: Post, press: Path) -> None:
        press.mkdir()
        publish(post)
        assert not list(press.iterdir())
        effect = owes(NAME, about=post).get()
        assert effect.args["post@blog.post"] == post.pk
        drain()
        drain()
        assert (press / "printed.txt").read_text() == "On presses\n"

    @pytest.mark.covers("G14", "K13")
    def test_is_retried_buried_and_replayed_once(self, post: Post, press: Path) -> None:
        publish(post)
        drain()
        effect = Effect.objects.get(task=NAME)
        assert effect.state == "waiting"
        assert "FileNotFoundError" in effect.error
        while effect.is_pending:
            again()
            effect.refresh_from_db()
        assert (effect.state, effect.attempt, effect.outcome) == ("dead", 3, "out of tries")
        press.mkdir()
        assert effect.replay()
        drain()
        effect.refresh_from_db()
        assert effect.state == "done"
        assert (press / "printed.txt").read_text() == "On presses\n"

    @pytest.mark.covers("G14")
    def test_leaves_nothing_of_a_change_that_is_rolled_back(self, post: Post, press: Path) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            publish(post)
            raise RuntimeError
        assert not owes(NAME).exists()

    @pytest.mark.long
    @pytest.mark.covers("G14", "D22")
    def test_runs_in_a_worker_that_has_it_installed(self, post: Post, press: Path, tmp_path: Path) -> None:
        press.mkdir()
        publish(post)
        command = [sys.executable, "-m", "celery", "-A", "worker", "worker", "-P", "solo", "-l", "INFO"]
        with (tmp_path / "log").open("wb") as log:
            worker = subprocess.Popen(command, env=installed(tmp_path), stdout=log, stderr=log)
        try:
            wait_until(lambda: not Effect.objects.filter(task=NAME).pending().exists(), timeout=60)
        finally:
            worker.send_signal(signals.SIGTERM)
            worker.wait(60)
        assert (press / "printed.txt").read_text() == "On presses\n"

    @pytest.mark.long
    @pytest.mark.covers("K14", "G14")
    def test_is_listed_alike_in_web_and_worker(self, db: None, tmp_path: Path) -> None:
        with ThreadPoolExecutor() as pool:
            web, worker = pool.map(lambda code: said([sys.executable, "-c", code], tmp_path), [WEB, WORKER])
        assert web == worker
        assert NAME in web

    @pytest.mark.long
    @pytest.mark.covers("K14")
    def test_is_listed_by_the_command(self, db: None, tmp_path: Path) -> None:
        listed = said([sys.executable, "manage.py", "signal_handlers"], tmp_path)
        assert f"app.blog.signals.post_published  tests.example_app.apps.print_post  -  {NAME}\n" in listed


def installed(folder: Path) -> dict[str, str]:
    return {**environment(), "DJANGO_SETTINGS_MODULE": "tests.example_app.settings", "DATA_DIR": str(folder)}


def said(command: list[str], folder: Path) -> str:
    env = {**os.environ, **installed(folder)}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=90).stdout


class TestADurableHandler:
    @pytest.mark.covers("K13", "A6")
    def test_that_fails_stops_nobody_and_tells_its_error_handler_each_time(self, post: Post, durably: Any) -> None:
        durably(something_happened, refuse, hear_error, max_attempts=2)
        durably(something_happened, listen)
        signal_manager.dispatch_signal(something_happened, post=post, n=7)
        drain()
        while owes("handlers.tests.dispatch.test_durable.refuse").exists():
            again()
        assert [(said, payload["n"]) for said, payload in heard if said == "no paper"] == [("no paper", 7)] * 2
        assert sum(said == "handler" for said, _ in heard) == 1
        assert Effect.objects.get(task="handlers.tests.dispatch.test_durable.refuse").state == "dead"

    @pytest.mark.covers("K13")
    def test_whose_error_handler_fails_too_is_still_settled_by_the_ledger(self, post: Post, durably: Any) -> None:
        durably(something_happened, refuse, refuse)
        signal_manager.dispatch_signal(something_happened, post=post)
        drain()
        assert owes("handlers.tests.dispatch.test_durable.refuse").get().state == "waiting"

    @pytest.mark.covers("K12", "K13")
    def test_may_give_up(self, post: Post, durably: Any) -> None:
        durably(something_happened, also_refuse)
        signal_manager.dispatch_signal(something_happened, post=post)
        drain()
        assert Effect.objects.get(task="handlers.tests.dispatch.test_durable.also_refuse").outcome == "gave up"

    @pytest.mark.covers("K2", "K3")
    def test_is_owed_once_however_often_registered_and_whether_sent_or_dispatched(self, post: Post, durably: Any) -> None:
        for _ in range(3):
            durably(something_happened, listen)
        something_happened.send(sender=Post, post=post)
        assert owes("handlers.tests.dispatch.test_durable.listen").count() == 1
        signal_manager.dispatch_signal(something_happened, post=post)
        assert owes("handlers.tests.dispatch.test_durable.listen").count() == 2

    @pytest.mark.covers("K4")
    def test_leaves_the_ledger_with_its_last_registration(self, durably: Any) -> None:
        name = "handlers.mine"
        durably(something_happened, listen, uid="mine")
        durably(post_published, listen, uid="mine")
        signal_manager.unregister_handler(something_happened, uid="mine")
        assert registry.find(name)
        signal_manager.unregister_handler(post_published, uid="mine")
        assert not registry.find(name)

    @pytest.mark.covers("K15")
    def test_needs_a_name_that_another_process_finds(self, durably: Any) -> None:
        with pytest.raises(NameNeeded):
            signal_manager.register_handler(something_happened, lambda **payload: None, durable=True)
        with pytest.raises(UnknownSignal):
            signal_manager.register_handler(Signal(), listen, durable=True)
        durably(something_happened, listen, uid="mine")
        with pytest.raises(NameTaken):
            signal_manager.register_handler(post_published, refuse, durable=True, uid="mine")

    @pytest.mark.covers("H9")
    def test_hears_of_a_deletion_what_the_post_was(self, post: Post, durably: Any) -> None:
        durably(post_deleted, listen)
        pk = post.pk
        post.delete()
        drain()
        [(_, payload)] = heard
        assert payload["post_id"] == pk
        assert isinstance(payload["before"], Placement)
        assert payload["sender"] is Post
        assert payload["signal"] is post_deleted

    def test_is_not_called_for_what_is_gone(self, post: Post, durably: Any) -> None:
        durably(something_happened, listen)
        signal_manager.dispatch_signal(something_happened, post=post)
        Post.objects.filter(pk=post.pk).delete()
        drain()
        assert heard == []
        assert Effect.objects.get(task="handlers.tests.dispatch.test_durable.listen").state == "done"


class TestAPayload:
    @pytest.mark.covers("K9", "X11")
    def test_travels_as_ids_and_scalars(self, post: Post) -> None:
        payload = {
            "post": post, "signal": post_published, "sender": Post, "about": "x", "countdown": 7, "e": None,
            "names": ["a", "b"], "at": datetime(2026, 1, 2, tzinfo=UTC), "fields": frozenset({"title"}),
            "deep": {"a": [1]},
        }  # fmt: skip
        args = pack(payload)
        assert args["post@blog.post"] == post.pk
        assert unpack(args) == payload

    def test_that_cannot_travel_is_refused(self) -> None:
        with pytest.raises(CannotTravel, match="thing"):
            pack({"thing": object()})
