"""Settings of backends for the tests of django.tasks."""

from __future__ import annotations

from collections.abc import Iterator

import django
import pytest
from pytest_django import Settings

from owed.tests import django_tasks_samples as samples

LOGGER = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
BACKEND = "owed.tasks.LedgerBackend"
QUEUES = ["default", "mail"]


@pytest.fixture(autouse=True)
def backends(settings: Settings) -> Iterator[None]:
    settings.TASKS = {
        "default": {"BACKEND": BACKEND, "QUEUES": QUEUES},
        "patient": {"BACKEND": BACKEND, "QUEUES": QUEUES, "OPTIONS": {"retries": 2, "timeout": 5}},
        "atomic": {"BACKEND": BACKEND, "QUEUES": ["default"], "OPTIONS": {"kind": "atomic"}},
        "nameless": {"BACKEND": BACKEND, "QUEUES": []},
        "odd": {"BACKEND": BACKEND, "OPTIONS": {"tries": 3}},
    }
    samples.seen.clear()
    samples.broken.clear()
    yield
    samples.broken.clear()
