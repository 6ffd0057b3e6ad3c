"""What every test may rely on; the servers of the session are in tests/servers.py."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as examples
from pytest_django import DjangoDbBlocker, Settings

from app.accounts.models import Role, User
from app.blog.models import Post
from app.pagecache.backend import outage
from app.site.current import MEMORY
from app.site.models import SiteSettings
from app.stats import page_views
from tests import database, factories
from tests.factories import Publish

# A password costs 0.2 s to hash as in production: nearly half of the time of the tests that sign in.
REAL_HASHERS = list(django_settings.PASSWORD_HASHERS)
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *REAL_HASHERS]
TransactionTestCase._fixture_teardown = database.delete_rows
# In production a cache that does not answer within half a second is left alone for a second. On a machine busy with other tests
# it may be late while being well: counts of attempts would be lost, and pages rendered twice.
django_settings.CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 30, "socket_timeout": 30}
# The same examples in each run, however long one takes: a gate judges the change, not its luck or a pause of the machine.
# `--hypothesis-profile=search` looks for new examples.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
examples.register_profile("same", derandomize=True, **UNHURRIED)
examples.register_profile("search", derandomize=False, print_blob=True, **UNHURRIED)
examples.load_profile("same")
# A file belongs to one worker (--dist loadfile): those of more than half a minute go first, so that none is left for the end.
LONGEST = (
    "access/test_routes.py",
    "browser/test_access.py",
    "browser/test_subscribers.py",
    "browser/test_statistics.py",
    "spine/test_spine.py",
    "importer/test_resume.py",
    "social/test_storm.py",
    "journeys/test_stopped.py",
    "accounts/test_permissions.py",
    "proof/test_model.py",
    "importer/test_uploads.py",
    "browser/test_comfort.py",
    "browser/test_keeping.py",
    "devserver/test_supervisor.py",
    "worker/test_commands.py",
    "importer/test_undo.py",
    "journeys/test_killed.py",
    "browser/test_newsroom.py",
    "journeys/test_silent_broker.py",
    "browser/test_editor.py",
    "worker/test_flower.py",
    "search/test_backlog.py",
    "web/test_freshness.py",
    "tasks/test_rollback.py",
    "newsletter/test_steering.py",
    "blog/test_concurrency.py",
)


DATABASE = {"db", "transactional_db"}
"""The fixtures of pytest-django that open the database."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, and end with those that have timed tests; the others stay in their random order.

    A timed test waits for those of other workers: at the end they are short.
    """
    place = {name: number for number, name in enumerate(LONGEST)}
    timed = {item.path for item in items if item.get_closest_marker("timed")}
    items.sort(key=lambda item: len(place) + 1 if item.path in timed else place.get("/".join(item.path.parts[-2:]), len(place)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """End the thread that writes page views, while the test's database may be used: it would write during the next test."""
    if page_views.buffer.is_running:
        page_views.buffer.close()
        page_views.buffer = page_views.Buffer()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker, worker_id: str
) -> None:
    """Let the workers of a session copy one migrated database: to migrate takes each of them a quarter of a minute."""
    if worker_id != "master" and not database.is_given():
        with django_db_blocker.unblock():
            django_settings.DATABASES["default"]["TEST"]["TEMPLATE"] = database.migrated()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Migrate as pytest-django does, and end every other session before the database is dropped."""
    yield
    with django_db_blocker.unblock():
        connection.close()
        database.end_other_sessions(connection.settings_dict["NAME"])


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Begin with a cache that is well, and empty where the test uses the database: cached pages speak of rows."""
    outage.failing = False
    # A test may ask for the database by a mark or by a fixture, and not only its own: a fixture of a fixture counts.
    if request.node.get_closest_marker("django_db") or DATABASE.intersection(request.fixturenames):
        cache.clear()


@pytest.fixture(autouse=True)
def _site_as_it_comes() -> None:
    """Begin with a publication for which nothing was set, and read the row again only after a change: queries are counted."""
    MEMORY.keep(SiteSettings(pk=1), fresh=math.inf)


@pytest.fixture
def real_hashers(settings: Settings) -> list[str]:
    """Hash passwords as in production."""
    settings.PASSWORD_HASHERS = REAL_HASHERS
    return REAL_HASHERS


@pytest.fixture
def author(db: None) -> User:
    return factories.person("ada", Role.AUTHOR)


@pytest.fixture
def draft(author: User) -> Post:
    return factories.write(author)


@pytest.fixture
def publish(author: User) -> Publish:
    """Return a function that publishes a new post, of this author unless another is given."""
    return lambda *args, **fields: factories.publish(fields.pop("author", author), *args, **fields)
