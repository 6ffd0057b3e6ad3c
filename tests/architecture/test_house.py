"""Rules of the house that no single room can keep alone."""

from __future__ import annotations

import ast
import importlib
import io
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import convert_exception_to_response
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from app.accounts.models import Role, User
from app.blog.models import Comment, Like, Post
from app.stats import page_views
from config.logging import logging_config
from owed.testing import drain
from tests.stats.requests import buffer

__all__ = ["buffer"]

ROOT = Path(__file__).parents[2]
FUNCTIONS = {
    "app.notices.kinds.draft": ("send_post_notification",),
    "app.notices.kinds.comment": ("send_comment_notification",),
    "app.notices.kinds.like": ("send_like_notification",),
    "app.notices.kinds.welcome": ("send_welcome_email",),
    "app.notices.kinds.onboarding": ("start_onboarding_sequence",),
    "app.newsletter.announcing": ("send_publication_notifications",),
    "app.newsletter.mailing_list": ("add_to_mailing_list",),
    "app.search.index": ("update_search_index", "remove_from_search_index", "update_search_index_batch"),
    "app.blog.files": ("cleanup_post_files",),
    "app.feeds.building": ("update_rss_feed",),
    "app.social.sharing": ("post_to_social_media",),
    "app.stats.activity": ("track_user_activity",),
    "app.stats.trending": ("update_trending_posts",),
    "app.accounts.models.profile": ("create_user_profile",),
}  # fmt: skip


SUBJECTS = (
    "newsletter_subscriber", "newsletter_send", "newsletter_delivery", "newsletter_confirmation", "stats_activity",
    "stats_view", "stats_trending", "notices_notice", "notices_watch", "social_account", "social_socialpost", "search_document",
    "feeds_document", "blog_media", "accounts_profile", "effects_effect",
)  # fmt: skip


@cache
def sources(*folders: str) -> list[tuple[Path, ast.Module]]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]
    return [(path, ast.parse(path.read_text())) for path in found]


def templates() -> Iterator[str]:
    return (path.read_text() for path in sorted((ROOT / "app").rglob("templates/**/*.html")))


def called(tree: ast.Module) -> set[str]:
    """Return the functions that the module calls by their plain names."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {name.id for name in calls if isinstance(name, ast.Name)}


class TestTheSixteenFunctions:
    @pytest.mark.covers("G1", "D18")
    @pytest.mark.parametrize(("room", "name"), [(room, name) for room, names in FUNCTIONS.items() for name in names])
    def test_are_importable_from_their_place(self, room: str, name: str) -> None:
        assert callable(getattr(importlib.import_module(room), name))

    @pytest.mark.covers("G1")
    @pytest.mark.parametrize(("room", "name"), [(room, name) for room, names in FUNCTIONS.items() for name in names])
    def test_are_each_called_from_another_module(self, room: str, name: str) -> None:
        callers = [
            path
            for path, tree in sources("app", "tasks", "worker")
            if path != ROOT / f"{room.replace('.', '/')}.py" and name in called(tree)
        ]
        assert callers, f"nothing but tests calls {name}"

    @pytest.mark.covers("G1")
    def test_hold_no_name_that_is_undefined_or_unused(self) -> None:
        ruff = [Path(sys.executable).with_name("ruff"), "check", "--isolated", "--no-cache", "--select", "F", "-q"]
        done = subprocess.run(
            [*ruff, "app", "tasks", "worker", "config"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


class TestTheSubjects:
    """Every effect has a durable subject."""

    @pytest.mark.covers("M16")
    @pytest.mark.django_db
    @pytest.mark.parametrize("table", SUBJECTS)
    def test_have_a_table(self, table: str) -> None:
        assert table in connection.introspection.table_names()


class TestTheHouse:
    def test_imports_one_way(self) -> None:
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout

    @pytest.mark.covers("D8", "D12")
    def test_has_its_fixed_top_level(self) -> None:
        for name in ("app", "tasks", "config", "worker", "tests", "manage.py", "docker-compose.yml", "Procfile"):
            assert (ROOT / name).exists(), name

    @pytest.mark.covers("G6")
    def test_uses_its_own_user_model_from_the_first_migration(self) -> None:
        assert settings.AUTH_USER_MODEL == "accounts.User"
        first = (ROOT / "app/accounts/migrations/0001_initial.py").read_text().replace("'", '"')
        assert 'name="User"' in first
        for path, tree in sources("app", "tasks", "worker", "config"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module == "django.contrib.auth.models":
                    assert "User" not in [alias.name for alias in node.names], path

    @pytest.mark.covers("G7", "D2")
    def test_has_no_model_that_slips_past_the_signals(self) -> None:
        for model in apps.get_models():
            for signalled in (Post, Comment, Like):
                assert model is signalled or not issubclass(model, signalled), model
            for field in model._meta.concrete_fields:
                on_delete = getattr(field.remote_field, "on_delete", None)
                assert "DB_" not in getattr(on_delete, "__name__", type(on_delete).__name__).upper(), (model, field)

    @pytest.mark.covers("G8")
    def test_prints_nothing_and_logs_constants(self) -> None:
        for path, tree in sources("app", "tasks"):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id != "print", path
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("logger."):
                    event = node.args[1 if ast.unparse(node.func) == "logger.log" else 0]
                    assert isinstance(event, ast.Constant) or ast.unparse(event) == "f'effect {outcome}'", (path, node.lineno)

    @pytest.mark.covers("G8")
    @pytest.mark.django_db
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_writes_one_line_for_each_event_and_no_words_of_anybody(self, form: str, buffer: page_views.Buffer) -> None:
        lines = io.StringIO()
        handler = logging.StreamHandler(lines)
        handler.setFormatter(logging_config(form)["formatters"]["line"]["()"]())
        logging.getLogger().addHandler(handler)
        try:
            author = User.objects.create_user("ada", role=Role.AUTHOR)
            post = Post.objects.create(title="Forged\n00:00 INFO all is well", content="-", author=author, status="published")
            drain()
            written = len(lines.getvalue().splitlines())
            assert Client().get(post.get_absolute_url(), headers={"User-Agent": "Firefox"}).status_code == 200
            buffer.flush()
            logging.getLogger("app").warning("odd", extra={"said": "two\nlines"})
        finally:
            logging.getLogger().removeHandler(handler)
        said = lines.getvalue()
        assert written >= 6
        assert "Forged" not in said
        assert "updated" not in said
        assert all("effect" in line for line in said.splitlines()[:written])
        assert "odd" in said.splitlines()[-1]
        assert "lines" in said.splitlines()[-1]

    @pytest.mark.covers("G8")
    def test_says_each_thing_once(self) -> None:
        logger, handlers = logging.getLogger("django.request"), set()
        while logger.parent is not None:
            handlers |= set(logger.handlers)
            logger = logger.parent
        assert not handlers

    @pytest.mark.covers("G8")
    @pytest.mark.parametrize(("error", "traced"), [(PermissionDenied(), False), (OSError("disk"), True)])
    def test_writes_one_line_for_a_refusal_and_the_traceback_of_a_fault(self, error: Exception, traced: bool) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            raise error

        said = io.StringIO()
        handler = logging.StreamHandler(said)
        handler.setFormatter(logging_config("text")["formatters"]["line"]["()"]())
        logging.getLogger("django.request").addHandler(handler)
        try:
            convert_exception_to_response(view)(RequestFactory().get("/studio/"))
        finally:
            logging.getLogger("django.request").removeHandler(handler)
        first, *more = said.getvalue().splitlines()
        assert ("/studio/" in first, "Traceback" in said.getvalue(), bool(more)) == (True, traced, traced)

    @pytest.mark.covers("D4", "C11")
    def test_has_every_static_file_that_its_templates_name(self) -> None:
        # Where DEBUG is off, a page that names one that is not there is answered with 500.
        named = {name for text in templates() for name in re.findall(r"""{% static ['"]([^'"]+)['"]""", text)}
        assert {name for name in named if finders.find(name) is None} == set()

    def test_lets_browsers_send_the_forms_of_secret_pages(self) -> None:
        # With "no-referrer" a browser sends the form with "Origin: null", which the CSRF check refuses.
        assert [text[:200] for text in templates() if 'content="no-referrer"' in text] == []

    def test_keeps_broker_and_cache_apart(self) -> None:
        from config import run_directory

        folder = Path("/srv/afterword")
        assert run_directory.broker_url(folder).partition("?")[0] != run_directory.cache_url(folder).partition("?")[0]

    @pytest.mark.covers("G2")
    def test_passes_its_own_system_checks(self) -> None:
        assert [message for message in run_checks() if message.is_serious()] == []

    @pytest.mark.covers("D2")
    def test_runs_on_a_supported_django(self) -> None:
        import django

        assert (5, 2, 19) <= django.VERSION[:3] < (6, 2)

    def test_opens_no_network_connection_but_in_named_places(self) -> None:
        allowed = {"app/outbound", "app/mail", "tools/devserver"}
        for path, tree in sources("app", "tasks", "worker", "config"):
            place = "/".join(path.relative_to(ROOT).parts[:2])
            for node in ast.walk(tree):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if {name.partition(".")[0] for name in names} & {"httpx2", "requests", "urllib3", "smtplib", "http.client"}:
                    assert place in allowed, path

    def test_imports_nothing_from_a_conftest(self) -> None:
        paths = (ROOT / "tests").rglob("*.py")
        imported = [str(path) for path in paths if re.search(r"^ *from tests[.\w]*\.conftest import", path.read_text(), re.M)]
        assert not imported, "pytest loads a conftest by itself, under another name: share by a module beside it"
