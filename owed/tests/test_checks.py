"""What `manage.py check` says of a project."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from celery import Celery
from django.core.checks import run_checks
from django.db import connections
from pytest_django import Settings

from owed import Declaration, NotInTransaction, record, registry
from owed.celery import Publisher
from owed.models import Effect
from owed.waker import waker


class Elsewhere:
    """A router that sends the apps named to another database."""

    apps: tuple[str, ...] = ()

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "other" if model._meta.app_label in self.apps else None


def ids() -> set[str]:
    return {message.id for message in run_checks(tags=["owed"]) if message.id}


class TestACheck:
    def test_refuses_a_router_that_takes_the_ledger_elsewhere(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DATABASE_ROUTERS = ["owed.tests.test_checks.Elsewhere"]
        assert not ids() & {"owed.E009", "owed.W002"}
        monkeypatch.setattr(Elsewhere, "apps", ("sessions",))
        assert "owed.W002" in ids()
        monkeypatch.setattr(Elsewhere, "apps", ("owed",))
        assert "owed.E009" in ids()

    def test_warns_of_hints_that_would_go_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fallback = Celery("default", set_as_current=False)
        monkeypatch.setattr(waker, "publish", Publisher(fallback))
        assert "owed.W003" in ids()

    def test_refuses_an_effect_without_a_body(self) -> None:
        def nothing(*, n: int) -> None: ...

        registry.declare(Declaration(name="owed_tests.bodiless", takes=nothing))
        try:
            assert "owed.E003" in ids()
        finally:
            registry.drop("owed_tests.bodiless")


class TestAnotherDatabase:
    @pytest.mark.django_db(transaction=True)
    def test_is_refused_with_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = connections.create_connection("default")
        other.in_atomic_block = True  # as atomic(using="archive") leaves it; tests may not connect to a second database
        monkeypatch.setattr(connections, "settings", {**connections.settings, "archive": other.settings_dict})
        connections["archive"] = other
        try:
            with pytest.raises(NotInTransaction, match="the open transaction in archive"):
                record()
        finally:
            del connections["archive"]
        assert Effect.objects.count() == 0


class TestTheModuleThatCeleryImports:
    def test_needs_no_django_tasks(self) -> None:
        """Celery's autodiscovery imports the module `tasks` of each app."""
        code = "import sys; sys.modules['django_tasks'] = sys.modules['django.tasks'] = None; import owed.tasks"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
