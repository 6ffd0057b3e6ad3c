"""The effect that docs/howto/add-an-effect.md adds: the printed file alone, owed by a revision and run by a worker's code."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

import tasks
from app.accounts.models import Role
from app.blog.models import Post
from app.blog.signals import post_revised
from owed import registry
from owed.models import Effect
from owed.testing import drain
from tests.factories import person, publish

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "add-an-effect.md"
BLOCK = re.compile(r"^```python tasks/(\w+)\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Put the page's file into tasks/, as far as Python is concerned, and return the folder that it writes to."""
    settings.DATA_DIR = tmp_path / "data"
    ((name, code),) = BLOCK.findall(PAGE.read_text())
    (tmp_path / f"{name}.py").write_text(code)
    tasks.__path__.append(str(tmp_path))
    import_module(f"tasks.{name}")
    yield settings.DATA_DIR / "archive"
    post_revised.disconnect(dispatch_uid="tasks.archive_revision")
    registry.drop("media.archive")
    tasks.__path__.remove(str(tmp_path))
    del sys.modules[f"tasks.{name}"]


@pytest.fixture
def post() -> Post:
    return publish(person("ann", Role.AUTHOR))


class TestTheEffectOfThePage:
    def test_is_owed_by_a_revision_and_done_by_a_worker(self, archive: Path, post: Post) -> None:
        post.revise(content="Second thoughts.")
        assert Effect.objects.about(post).filter(task="media.archive", queue="media").count() == 1
        drain()
        assert (archive / f"{post.pk}.md").read_text() == f"# {post.title}\n\nSecond thoughts.\n"

    def test_is_not_owed_where_the_revision_is_rolled_back(self, archive: Path, post: Post) -> None:
        with transaction.atomic():
            post.revise(content="Never mind.")
            transaction.set_rollback(True)
        assert not Effect.objects.filter(task="media.archive").exists()
