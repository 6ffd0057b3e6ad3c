"""`manage.py subscribers`."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from app.newsletter.models import Subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]


@pytest.fixture
def ann() -> Subscriber:
    return Subscriber.objects.create(email="ann@example.org", name="Ann", state="confirmed", confirmed_at=timezone.now())


def said(*words: str) -> str:
    out = StringIO()
    call_command("subscribers", *words, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_imports_and_exports_a_list(self, settings: Settings, tmp_path: Path) -> None:
        imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "uploads"}}
        settings.STORAGES = {**django_settings.STORAGES, "imports": imports}
        file = tmp_path / "list.csv"
        file.write_text("email,tags\nann@example.org,friend\nno,\n")
        words = ("import", str(file), "--consent", "At the old site")
        assert "Added: 1\n" in said(*words, "--dry-run")
        assert not Subscriber.objects.exists()
        assert said(*words).splitlines()[-1] == '3,unreadable,bad_address,"no,"'
        assert said("export", "--tag", "friend").splitlines()[1].startswith("ann@example.org,,confirmed,import,friend,")
        with pytest.raises(CommandError, match="no such file"):
            said("import", "/none.csv", "--consent", "x")
        file.write_text("name\nAnn\n")
        with pytest.raises(CommandError, match="Choose one column"):
            said(*words)

    def test_lists_what_a_filter_leaves(self, ann: Subscriber) -> None:
        Subscriber.objects.create(email="bob@example.org")
        assert said("list", "--state", "confirmed").split() == ["confirmed", f"{ann.created_at:%Y-%m-%d}", "ann@example.org"]
        assert len(said("list").splitlines()) == 2
        assert said("list", "--until", "2001-01-01") == ""

    def test_chooses_how_often_and_lists_by_it(self, ann: Subscriber) -> None:
        said("frequency", "ann@example.org", "daily", "--time-zone", "Europe/Berlin")
        said("frequency", "ann@example.org", "weekly")
        ann.refresh_from_db()
        assert (ann.frequency, ann.time_zone) == ("weekly", "Europe/Berlin")
        assert (said("list", "--frequency", "daily"), len(said("list", "--frequency", "weekly").splitlines())) == ("", 1)
        with pytest.raises(CommandError, match="no such time zone"):
            said("frequency", "ann@example.org", "daily", "--time-zone", "Mars/Crater")

    def test_shows_unsubscribes_and_erases(self, ann: Subscriber) -> None:
        assert json.loads(said("show", "ANN@example.org"))["name"] == "Ann"
        said("unsubscribe", "ann@example.org")
        assert Subscriber.objects.get().state == "unsubscribed"
        said("erase", "ann@example.org")
        assert not Subscriber.objects.exists()
        with pytest.raises(CommandError, match="ann@example"):
            said("show", "ann@example.org")

    def test_adds_by_hand_and_says_why_not(self, ann: Subscriber) -> None:
        said("add", "bob@example.org", "--consent", "By telephone")
        assert Subscriber.objects.get(email="bob@example.org").state == "pending"
        for email, why in (("ann@example.org", "subscribed already"), ("no", "not a mail address")):
            with pytest.raises(CommandError, match=why):
                said("add", email, "--consent", "x")
