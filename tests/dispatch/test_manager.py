"""The signal manager: rows K1 to K15 of the checklist."""

from __future__ import annotations

import functools
import gc
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.dispatch import Signal

from app.accounts.models import User
from app.blog.models import Post
from app.blog.signals import post_published
from app.dispatch import SignalManager, UnknownSignal, WrongSignature, signal_manager
from tests.dispatch.signals import something_happened


class Thing:
    """Stands for a model instance: something with a class."""


class Ear:
    """Remembers what it heard; fails when told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self.error = error

    def __call__(self, /, **payload: Any) -> str:
        self.heard.append(payload)
        if self.error:
            raise self.error
        return "heard"


@pytest.fixture
def signal() -> Signal:
    return Signal()


@pytest.fixture
def manager() -> SignalManager:
    return SignalManager()


class TestDispatch:
    @pytest.mark.covers("K1")
    def test_passes_sender_and_signal_as_django_does(self, manager: SignalManager, signal: Signal) -> None:
        seen: list[tuple[Any, Any, Any]] = []

        def handler(sender: Any, thing: Thing, signal: Signal, **kwargs: Any) -> None:
            seen.append((sender, thing, signal))

        thing = Thing()
        manager.register_handler(signal, handler)
        manager.dispatch_signal(signal, thing=thing)

        assert seen == [(Thing, thing, signal)]

    @pytest.mark.covers("K1")
    def test_refuses_a_handler_without_kwargs_at_registration(self, manager: SignalManager, signal: Signal) -> None:
        def narrow(sender: Any, post: Any) -> None: ...

        with pytest.raises(WrongSignature, match="narrow"):
            manager.register_handler(signal, narrow)

    @pytest.mark.covers("K2")
    def test_runs_a_handler_once_whether_sent_or_dispatched(self, manager: SignalManager, signal: Signal) -> None:
        ear = Ear()
        manager.register_handler(signal, ear)

        signal.send(Thing, thing=1)
        assert len(ear.heard) == 1
        manager.dispatch_signal(signal, thing=2)
        assert len(ear.heard) == 2

    @pytest.mark.covers("K2")
    def test_reaches_plain_receivers_too(self, manager: SignalManager, signal: Signal) -> None:
        plain = Ear()
        signal.connect(plain)

        assert manager.dispatch_signal(signal, thing=1) == [(plain, "heard")]

    @pytest.mark.covers("K9")
    @pytest.mark.parametrize("name", ["signal", "e", "self", "handler", "error", "sender", "key"])
    def test_carries_any_name_in_the_payload(self, manager: SignalManager, signal: Signal, name: str) -> None:
        ear = Ear(ValueError())
        told: list[dict[str, Any]] = []

        def on_error(e: Exception, /, **payload: Any) -> None:
            told.append(payload)

        manager.register_handler(signal, ear, error_handler=on_error)
        manager.dispatch_signal(signal, **{"thing": 1, name: "mine"})

        assert ear.heard[0][name] == "mine"
        assert len(told) == 1

    @pytest.mark.covers("K9")
    def test_tells_an_error_handler_that_calls_the_error_e(self, manager: SignalManager, signal: Signal) -> None:
        told: list[Exception] = []

        def on_error(e: Exception, **payload: Any) -> None:
            told.append(e)

        manager.register_handler(signal, Ear(ValueError()), on_error)
        manager.dispatch_signal(signal, e="a payload")

        assert isinstance(told[0], ValueError)

    @pytest.mark.covers("K10")
    def test_returns_each_handler_with_its_result_or_error(self, manager: SignalManager, signal: Signal) -> None:
        good, bad = Ear(), Ear(ValueError("no"))
        manager.register_handler(signal, good)
        manager.register_handler(signal, bad)

        assert manager.dispatch_signal(signal, thing=1) == [(good, "heard"), (bad, bad.error)]

    @pytest.mark.covers("K10")
    def test_returns_an_empty_list_when_nobody_listens(self, manager: SignalManager, signal: Signal) -> None:
        assert manager.dispatch_signal(signal, thing=1) == []

    @pytest.mark.covers("K10")
    def test_finds_a_signal_by_its_dotted_name_and_refuses_an_unknown_one(self, manager: SignalManager) -> None:
        ear = Ear()
        manager.register_handler("tests.dispatch.signals.something_happened", ear)
        try:
            assert ear in manager.signal_handlers[something_happened]
        finally:
            manager.unregister_handler(something_happened, ear)
        for name in ("app.blog.signals.post_lost", "nowhere", "app.blog.signals.Signal"):
            with pytest.raises(UnknownSignal):
                manager.dispatch_signal(name, post=1)


class TestRegistration:
    @pytest.mark.covers("K3")
    def test_is_the_same_three_times_as_once(self, manager: SignalManager, signal: Signal) -> None:
        ear = Ear()
        for _ in range(3):
            manager.register_handler(signal, ear)
        manager.dispatch_signal(signal, thing=1)

        assert len(ear.heard) == 1
        assert manager.unregister_handler(signal, ear)
        assert manager.dispatch_signal(signal, thing=1) == []

    @pytest.mark.covers("K3")
    def test_knows_a_handler_by_its_uid(self, manager: SignalManager, signal: Signal) -> None:
        first, second = Ear(), Ear()
        manager.register_handler(signal, first, uid="mine")
        manager.register_handler(signal, second, uid="mine")
        manager.dispatch_signal(signal, thing=1)

        assert (len(first.heard), len(second.heard)) == (0, 1)
        assert manager.unregister_handler(signal, uid="mine")

    @pytest.mark.covers("K3")
    def test_knows_a_bound_method_and_an_unhashable_object_again(self, manager: SignalManager, signal: Signal) -> None:
        class Unhashable(list[dict[str, Any]]):
            def __call__(self, **payload: Any) -> None:
                self.append(payload)

            def method(self, **payload: Any) -> None:
                self.append(payload)

        box = Unhashable()
        for _ in range(2):
            manager.register_handler(signal, box)
        manager.dispatch_signal(signal, thing=1)
        assert len(box) == 1
        assert manager.unregister_handler(signal, box)

    @pytest.mark.covers("K4")
    def test_ends_with_its_error_handler(self, manager: SignalManager, signal: Signal) -> None:
        told: list[Exception] = []
        bad = Ear(ValueError())
        manager.register_handler(signal, bad, error_handler=lambda error, **payload: told.append(error))
        assert manager.unregister_handler(signal, bad)
        manager.register_handler(signal, bad)
        manager.dispatch_signal(signal, thing=1)

        assert told == []

    @pytest.mark.covers("K4")
    def test_says_when_there_was_nothing_to_remove(self, manager: SignalManager, signal: Signal) -> None:
        assert not manager.unregister_handler(signal, Ear())

    @pytest.mark.covers("K4")
    def test_leaves_nothing_on_the_signal(self, manager: SignalManager, signal: Signal) -> None:
        ear = Ear()
        manager.register_handler(signal, ear)
        manager.unregister_handler(signal, ear)

        assert not signal.has_listeners()

    @pytest.mark.covers("K5")
    def test_keeps_an_error_handler_for_each_signal(self, manager: SignalManager) -> None:
        told: list[str] = []
        first, second, bad = Signal(), Signal(), Ear(ValueError())
        manager.register_handler(first, bad, lambda error, **payload: told.append("first"))
        manager.register_handler(second, bad, lambda error, **payload: told.append("second"))
        manager.dispatch_signal(first, thing=1)

        assert told == ["first"]

    @pytest.mark.covers("K14")
    def test_survives_garbage_collection(self, manager: SignalManager, signal: Signal) -> None:
        heard: list[int] = []
        manager.register_handler(signal, lambda thing, **payload: heard.append(thing))
        gc.collect()
        signal.send(None, thing=7)

        assert heard == [7]


class TestFailure:
    @pytest.mark.covers("K6")
    def test_of_a_callable_without_a_name_stops_nobody(self, manager: SignalManager, signal: Signal) -> None:
        bad, good = Ear(ValueError()), Ear()
        manager.register_handler(signal, functools.partial(bad, extra=1))
        manager.register_handler(signal, good)
        manager.dispatch_signal(signal, thing=1)

        assert len(good.heard) == 1

    @pytest.mark.covers("K11")
    def test_is_logged_with_traceback_and_ids_and_counted(
        self, manager: SignalManager, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = Ear(ValueError("broken"))
        manager.register_handler(something_happened, bad)
        try:
            with caplog.at_level(logging.ERROR, "afterword.dispatch"):
                manager.dispatch_signal(something_happened, thing=1)
        finally:
            manager.unregister_handler(something_happened, bad)

        (line,) = caplog.records
        assert line.exc_info
        assert line.exc_info[1] is bad.error
        assert vars(line)["signal"] == "tests.dispatch.signals.something_happened"
        assert vars(line)["handler"].endswith("Ear")
        assert len(vars(line)["event_id"]) == 32
        assert sum(manager.failures.values()) == 1

    @pytest.mark.covers("K6", "K11")
    def test_of_an_error_handler_stops_nobody(
        self, manager: SignalManager, signal: Signal, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, good = Ear(ValueError()), Ear()
        manager.register_handler(signal, bad, error_handler=lambda error, **payload: 1 / 0)
        manager.register_handler(signal, good)
        manager.dispatch_signal(signal, thing=1)

        assert len(good.heard) == 1
        assert [line.message for line in caplog.records] == ["dispatch.failed", "dispatch.error_handler_failed"]

    @pytest.mark.covers("K12")
    def test_lets_control_flow_pass(self, manager: SignalManager, signal: Signal) -> None:
        class Retry(Exception):
            """As Celery's."""

        manager.let_pass(Retry)
        manager.register_handler(signal, Ear(Retry()))
        with pytest.raises(Retry):
            manager.dispatch_signal(signal, thing=1)

    @pytest.mark.covers("K12")
    def test_lets_interrupts_pass(self, manager: SignalManager, signal: Signal) -> None:
        def stop(**payload: Any) -> None:
            raise SystemExit(3)

        manager.register_handler(signal, stop)
        with pytest.raises(SystemExit):
            manager.dispatch_signal(signal, thing=1)

    @pytest.mark.covers("K8")
    @pytest.mark.django_db
    def test_in_the_database_keeps_the_transaction_usable(self, manager: SignalManager, signal: Signal) -> None:
        def clash(**payload: Any) -> None:
            Group.objects.create(name="rolled back with me")
            Group.objects.create(name="taken")

        good = Ear()
        manager.register_handler(signal, clash)
        manager.register_handler(signal, good)
        with transaction.atomic():
            Group.objects.create(name="taken")
            outcomes = manager.dispatch_signal(signal, thing=1)
            Group.objects.create(name="after")

        assert isinstance(outcomes[0][1], IntegrityError)
        assert len(good.heard) == 1
        assert set(Group.objects.values_list("name", flat=True)) == {"taken", "after"}


class TestThreads:
    @pytest.mark.covers("K7")
    def test_may_unregister_a_handler_inside_a_handler(self, manager: SignalManager, signal: Signal) -> None:
        later = Ear()

        def once(**payload: Any) -> None:
            manager.unregister_handler(signal, once)

        manager.register_handler(signal, once)
        manager.register_handler(signal, later)
        manager.dispatch_signal(signal, thing=1)

        assert len(later.heard) == 1

    @pytest.mark.covers("K7")
    def test_never_skip_a_handler_that_stays(self, manager: SignalManager, signal: Signal) -> None:
        steady = Ear()
        manager.register_handler(signal, steady)

        def churn(number: int) -> int:
            for _ in range(100):
                passing = Ear()
                manager.register_handler(signal, passing)
                outcomes = manager.dispatch_signal(signal, thing=number)
                assert steady in [handler for handler, _ in outcomes]
                assert passing in [handler for handler, _ in outcomes]
                assert manager.unregister_handler(signal, passing)
            return 100

        with ThreadPoolExecutor(8) as pool:
            sent = sum(pool.map(churn, range(8)))

        assert len(steady.heard) == sent == 800
        assert list(manager.signal_handlers[signal]) == [steady]


class TestDefaultManager:
    @pytest.mark.covers("K15")
    def test_takes_the_tutorials_own_calls(self) -> None:
        ear, told = Ear(ValueError()), list[Exception]()

        def handle_error(error: Exception, **kwargs: Any) -> None:
            told.append(error)

        signal_manager.register_handler(something_happened, ear, error_handler=handle_error)
        try:
            assert ear in signal_manager.signal_handlers[something_happened]
            assert signal_manager.error_handlers[something_happened, ear] is handle_error
            signal_manager.dispatch_signal(something_happened, thing=Thing())
        finally:
            assert signal_manager.unregister_handler(something_happened, ear)
        assert len(told) == 1

    @pytest.mark.covers("K1", "K2")
    @pytest.mark.django_db
    def test_sends_the_tutorials_example_with_a_real_post(self) -> None:
        author = User.objects.create(username="writer")
        post = Post.objects.create(title="Real", author=author)
        ear = Ear()
        signal_manager.register_handler(post_published, ear)
        try:
            with transaction.atomic():
                signal_manager.dispatch_signal(post_published, post=post)
        finally:
            signal_manager.unregister_handler(post_published, ear)

        assert ear.heard == [{"signal": post_published, "sender": Post, "post": post}]

    @pytest.mark.long
    @pytest.mark.covers("K14")
    def test_lists_the_same_handlers_in_every_process(self) -> None:
        here = StringIO()
        call_command("signal_handlers", stdout=here)
        there = subprocess.run(
            [sys.executable, "manage.py", "signal_handlers"], capture_output=True, text=True, check=True, timeout=60
        )

        assert there.stdout == here.getvalue()

    @pytest.mark.covers("K14")
    def test_lists_a_handler_by_signal_and_name(self) -> None:
        ear = Ear()
        signal_manager.register_handler(post_published, ear, error_handler=Ear())
        try:
            listed = StringIO()
            call_command("signal_handlers", stdout=listed)
        finally:
            signal_manager.unregister_handler(post_published, ear)
        name = "tests.dispatch.test_manager.Ear"
        assert f"app.blog.signals.post_published  {name}  {name}  -\n" in listed.getvalue()
