"""A site without accounts: the link in the log, the account, the first steps."""

from __future__ import annotations

import re
from io import StringIO
from threading import Thread
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from app.accounts.models import User
from app.members.first_account import first_account_link
from app.newsletter.models import MailingSettings
from app.site.current import site
from config.release import offer_first_account
from tests import factories

PASSWORD = "a-long-winded-phrase"
WHO = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


def path() -> str:
    return urlsplit(first_account_link()).path


@pytest.mark.django_db
class TestANewSite:
    def test_is_set_up_in_five_steps(self, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
        offer_first_account()
        (link,) = re.findall(r"https?://\S+", capsys.readouterr().out)
        assert link.startswith(django_settings.SITE_URL)
        page = client.get(urlsplit(link).path)
        assert "Step 1 of 5" in page.content.decode()
        answer = client.post(urlsplit(link).path, WHO, follow=True)
        assert answer.redirect_chain[-1][0] == "/studio/welcome/name/"
        answer = client.post(
            "/studio/welcome/name/", {"name": "Northern Towns", "tagline": "", "language": "", "time_zone": "Europe/Oslo"}
        )
        assert answer["Location"] == "/studio/welcome/look/"
        answer = client.post("/studio/welcome/look/", {"theme": "plain", "accent": "", "fonts": "book"})
        assert answer["Location"] == "/studio/welcome/email/"
        answer = client.post("/studio/welcome/email/", {"sender_name": "Nora", "reply_to": "", "postal_address": "Quay 1"})
        assert answer["Location"] == "/studio/welcome/begin/"
        assert (MailingSettings.now().sender_name, MailingSettings.now().postal_address) == ("Nora", "Quay 1")
        assert "Northern Towns is ready" in client.get("/studio/welcome/begin/").content.decode()
        assert (site().time_zone, site().theme, site().fonts) == ("Europe/Oslo", "plain", "book")
        ada = User.objects.get()
        assert (ada.is_superuser, ada.role, ada.check_password(PASSWORD)) == (True, "editor", True)

    def test_is_said_to_have_no_account_until_it_has_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = StringIO()
        call_command("first_account", stdout=out)
        assert "/welcome/" in out.getvalue()
        factories.person("rita")
        offer_first_account()
        assert capsys.readouterr().out == ""
        with pytest.raises(CommandError):
            call_command("first_account")

    def test_refuses_a_weak_password_and_keeps_what_was_typed(self, client: Client) -> None:
        answer = client.post(path(), {**WHO, "password": "12345678"})
        assert answer.status_code == 422
        assert 'value="ada@example.org"' in answer.content.decode()
        assert not User.objects.exists()


@pytest.mark.django_db
class TestTheLink:
    def test_is_used_up_by_the_first_account(self, client: Client) -> None:
        link = path()
        assert client.post(link, WHO).status_code == 302
        assert Client().get(link).status_code == 404
        assert Client().post(link, {**WHO, "username": "eve", "email": "eve@example.org"}).status_code == 404
        assert User.objects.count() == 1

    def test_of_another_maker_opens_nothing(self, client: Client) -> None:
        for token in ("x", signing.dumps("first", salt="another"), "first:abc:def"):
            assert client.get(f"/welcome/{token}/").status_code == 404


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_make_one_account(self) -> None:
        link, answers = path(), []

        def join(name: str) -> None:
            try:
                posted = {**WHO, "username": name, "email": f"{name}@example.org"}
                answers.append(Client().post(link, posted).status_code)
            finally:
                connection.close()

        threads = [Thread(target=join, args=[name]) for name in ("ada", "eve")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [302, 404]
        assert User.objects.count() == 1
