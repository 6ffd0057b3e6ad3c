"""The mail check of the whole publication: a worker looks, the page and the command say what it found."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.mail.dkim_keys import as_setting, new_key
from app.newsletter.mail_check import unsubscribing
from app.newsletter.models import MailCheck
from owed.models import Effect
from owed.testing import drain
from tests.mail.dns_server import Zone, zone
from tests.sinks import Sink
from tests.studio.forms import SignedIn

__all__ = ["zone"]
pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]


@pytest.fixture(autouse=True)
def real(zone: Zone, smtp_sink: Sink, settings: Settings) -> None:
    """A mail server on loopback, and a DNS server that knows nothing."""
    settings.MAILBOX_DIR = None


class TestThePage:
    def test_shows_what_a_worker_found_and_when(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        page = "/studio/subscribers/mail-check/"
        assert "Not checked yet" in editor.get(page).content.decode()
        asked = editor.post(page, follow=True).content.decode()
        assert ("Being checked" in asked, "has no SPF record" in asked) == (True, False)
        drain()
        checked = editor.get(page).content.decode()
        assert [text in checked for text in ("Checked on", "Check again", "afterword.example has no SPF record")] == [True] * 3
        assert MailCheck.objects.now().is_waiting is False

    def test_asks_once_for_several_presses(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        for _ in range(3):
            editor.post("/studio/subscribers/mail-check/")
        assert Effect.objects.filter(task="upkeep.check_mail").count() == 1
        drain()
        editor.post("/studio/subscribers/mail-check/")
        assert Effect.objects.filter(task="upkeep.check_mail").count() == 2

    def test_waits_no_longer_for_a_worker_that_is_not_there(self, signed_in: SignedIn) -> None:
        editor = signed_in("editor")
        editor.post("/studio/subscribers/mail-check/")
        MailCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=3))
        assert "Being checked" not in editor.get("/studio/subscribers/mail-check/").content.decode()
        editor.post("/studio/subscribers/mail-check/")
        assert Effect.objects.filter(task="upkeep.check_mail").count() == 2

    def test_is_for_those_who_keep_the_list(self, signed_in: SignedIn, client: Client) -> None:
        assert signed_in("author").get("/studio/subscribers/mail-check/").status_code == 403
        assert client.get("/studio/subscribers/mail-check/").status_code == 302


class TestTheCommand:
    def test_says_what_to_change_a_verdict_a_line(self) -> None:
        said = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("mail_doctor", stdout=said)
        lines = said.getvalue().splitlines()
        assert ended.value.code == 1
        assert "BAD  SPF: afterword.example has no SPF record." in lines
        assert any(line.startswith("     Publish a TXT record at afterword.example") for line in lines)

    def test_prints_objects_for_programs(self) -> None:
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("mail_doctor", "--json", stdout=said)
        found = [json.loads(line) for line in said.getvalue().splitlines()]
        assert [each["subject"] for each in found] == ["server", "spf", "dkim", "dmarc", "ptr", "unsubscribe", "bounces"]


class TestUnsubscribing:
    @pytest.mark.parametrize(
        ("site", "is_signed", "code"),
        [
            ("http://blog.example", True, "unsubscribe_http"), ("https://blog.example", False, "unsubscribe_unsigned"),
            ("https://blog.example", True, "unsubscribe_good"),
        ],
    )  # fmt: skip
    def test_is_judged_by_a_newsletter_as_it_would_leave(
        self, site: str, is_signed: bool, code: str, settings: Settings
    ) -> None:
        settings.SITE_URL = site
        settings.DKIM_KEYS = [as_setting(new_key("s1", "ed25519"))] if is_signed else []
        assert unsubscribing().code == code
