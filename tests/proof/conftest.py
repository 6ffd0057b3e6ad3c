"""Real commits in this session's test database, cleaned by hand: what dies here must leave what it leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from owed.waker import Hint, waker
from tests.proof import samples
from tests.proof.ledger import execute
from tests.proof.processes import Actor

pytest.register_assert_rewrite("tests.proof.machine")
ROWS = "effects_effect, effects_set, effects_attempt, effects_tick, effects_slot, effects_limit"
WRITTEN = "proof_applied, proof_called, proof_document, proof_index, proof_rated"
FORGET = f"TRUNCATE {ROWS}, {WRITTEN}"
# CASCADE follows constraints, and search_document and social_socialpost have none: they outlive their posts.
PEOPLE = "accounts_user, blog_version, blog_post, newsletter_subscriber, social_socialpost, search_document, search_word"
FORGET_PEOPLE = f"TRUNCATE {PEOPLE} CASCADE"


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Open the test database without a transaction around each test.

    Named as pytest-django's fixture: it migrates a database only where a test asks for one by that name.
    """
    with django_db_blocker.unblock():
        execute(samples.TABLES)
        yield
        execute(FORGET)
        execute(f"DROP TABLE {WRITTEN}")
        connections.close_all()


@pytest.fixture(autouse=True)
def _nothing_owed(db: None) -> Iterator[None]:
    execute(FORGET)
    samples.outcomes.clear()
    samples.meetings.clear()
    yield
    assert not connection.in_atomic_block
    samples.outcomes.clear()
    samples.meetings.clear()


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Hint]:
    """Collect the hints that this process would publish."""
    hints: list[Hint] = []
    monkeypatch.setattr(waker, "publish", hints.extend)
    return hints


@pytest.fixture(scope="session")
def actor_of_the_session(django_db_setup: None) -> Iterator[Actor]:
    actor = Actor()
    yield actor
    actor.end()


@pytest.fixture
def actor(actor_of_the_session: Actor) -> Iterator[Actor]:
    yield actor_of_the_session
    actor_of_the_session.end_children()


@pytest.fixture
def people(db: None) -> Iterator[None]:
    """Remove writers, readers and what is theirs after the test."""
    yield
    execute(FORGET_PEOPLE)
