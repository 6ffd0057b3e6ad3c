"""Fixtures of the testing kit; found by pytest through the entry point `owed`. See owed.testing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .models import EffectQuerySet
    from .running import Report
    from .waker import Hint

# owed.testing needs Django's settings, which pytest-django configures after plugins are loaded: it is imported late.


@pytest.fixture
def owed_owes() -> Callable[..., EffectQuerySet]:
    """owed.testing.owes: what is owed of an effect, and not finished."""
    from .testing import owes

    return owes


@pytest.fixture
def owed_drain() -> Callable[..., list[Report]]:
    """owed.testing.drain: run what is due, here and now."""
    from .testing import drain

    return drain


@pytest.fixture
def owed_eager(transactional_db: None) -> Iterator[None]:
    """Run what is owed as soon as the change that owes it is committed, throughout the test."""
    from .testing import eager

    with eager():
        yield


@pytest.fixture
def owed_broker_down() -> Iterator[list[Hint]]:
    """Let every publish fail throughout the test. The value lists the hints that were tried."""
    from .testing import broker_down

    with broker_down() as tried:
        yield tried


@pytest.fixture
def owed_crash_at() -> Callable[[str], AbstractContextManager[Any]]:
    """owed.testing.crash_at: end the work at a named point, as a kill would."""
    from .testing import crash_at

    return crash_at
