"""The kind of notice that docs/howto/add-a-notice.md adds: the printed file and its two templates, and nothing else."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.blog.signals import post_published
from app.notices import kinds
from app.notices.models import Notice
from owed.testing import drain
from tests import factories
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "add-a-notice.md"
BLOCK = re.compile(r"^```\w+ (app/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Write the page's files into a folder of their own."""
    for name, text in BLOCK.findall(PAGE.read_text()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def templates(copy: Path, settings: Settings) -> Path:
    configured = deepcopy(settings.TEMPLATES)
    configured[0]["DIRS"] = [copy / "app" / "notices" / "templates"]
    settings.TEMPLATES = configured
    return copy


@pytest.fixture
def installed(copy: Path) -> Iterator[None]:
    """Let the page's file be one of the folder of kinds."""
    folder = str(copy / "app" / "notices" / "kinds")
    kinds.__path__.append(folder)
    kinds.discover(kinds.__name__)
    yield
    kinds.__path__.remove(folder)
    post_published.disconnect(dispatch_uid="notices.published")
    del kinds.KINDS["published"], sys.modules[f"{kinds.__name__}.published"]


@pytest.mark.usefixtures("installed")
class TestANewKind:
    @pytest.mark.usefixtures("templates")
    def test_is_mailed_once_and_can_be_turned_off(self, ann: User, smtp_sink: Sink) -> None:
        post = factories.publish(ann, "In the open")
        drain()
        [mail] = [each for each in smtp_sink.captured if each.recipient == "ann@example.org"]
        assert mail.message["Subject"] == "“In the open” is published"
        assert post.get_absolute_url() in mail.body("plain")
        assert post.get_absolute_url() in mail.body("html")
        [path] = re.findall(r"http://127\.0\.0\.1:8000(/notices/\S+)", mail.body("plain"))
        assert Client().post(path).status_code == 200
        assert list(Notice.objects.values_list("kind", "state")) == [("published", "sent")]

    @pytest.mark.usefixtures("templates")
    def test_is_dropped_where_its_file_says_so(self, ann: User, smtp_sink: Sink) -> None:
        factories.publish(ann).withdraw()
        drain()
        assert Notice.objects.get().error == "withdrawn before it was sent"

    def test_without_its_templates_fails_the_check(self) -> None:
        errors = [error.msg for error in run_checks() if error.id == "notices.E001"]
        assert len(errors) == 2
        assert "notices/mail/published.txt" in errors[1]


def test_is_no_part_of_the_product() -> None:
    assert "published" not in kinds.KINDS
    assert not (ROOT / "app" / "notices" / "kinds" / "published.py").exists()
