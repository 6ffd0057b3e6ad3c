"""Setting up an app and recovery codes, and taking them away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from app.log.models import Entry
from app.notices.models import Notice
from app.openid.models import Identity
from app.second_factor.models import Authenticator, Passkey, RecoveryCode
from owed.testing import drain
from tests.second_factor.signing import PASSWORD, SETTINGS, code, shown_codes, signed_in, who
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
REMOVAL = f"{SETTINGS}app/deletion"


def shown_secret(client: Client) -> str:
    page = client.get(f"{SETTINGS}app/").content.decode()
    return re.findall(r"<code dir=\"ltr\">([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")


def kinds() -> list[str]:
    return [key.partition("/")[0] for key in Notice.objects.order_by("pk").values_list("subject_key", flat=True)]


class TestAnApp:
    def test_is_set_up_with_a_picture_or_its_text_and_a_first_code(self, reader: User) -> None:
        mine, elsewhere = signed_in(reader), signed_in(reader)
        secret = shown_secret(mine)
        page = mine.get(f"{SETTINGS}app/").content.decode()
        assert (shown_secret(mine), 'src="data:image/svg+xml' in page) == (secret, True)
        assert f"otpauth://totp/Afterword:rita?secret={secret}" in page
        assert mine.post(f"{SETTINGS}app/", {"code": "12"}).status_code == 422
        answer = mine.post(f"{SETTINGS}app/", {"code": code(secret)})
        assert (answer.status_code, len(set(shown_codes(answer)))) == (200, 10)
        assert "no-store" in answer["Cache-Control"]
        assert (who(mine), who(elsewhere)) == ("rita", "")
        assert shown_codes(mine.get(SETTINGS)) == []
        assert "10 recovery codes are left" in mine.get(SETTINGS).content.decode()
        assert mine.get(f"{SETTINGS}app/")["Location"] == SETTINGS

    def test_revokes_tokens_when_it_is_the_first_factor(self, reader: User) -> None:
        ApiToken.objects.issue(reader)
        mine = signed_in(reader)
        assert "revokes your API tokens" in mine.get(SETTINGS).content.decode()
        mine.post(f"{SETTINGS}app/", {"code": code(shown_secret(mine))})
        assert ApiToken.objects.get().revoked_at is not None
        assert "revokes your API tokens" not in mine.get(SETTINGS).content.decode()

    def test_leaves_no_secret_in_the_database(self, reader: User) -> None:
        mine = signed_in(reader)
        secret = shown_secret(mine)
        kept = str(dict(mine.session.items()))
        codes = shown_codes(mine.post(f"{SETTINGS}app/", {"code": code(secret)}))
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM second_factor_authenticator UNION SELECT digest FROM second_factor_recoverycode")
            kept += str(cursor.fetchall())
        assert not any(each in kept for each in (secret, *codes, *(each.replace("-", "") for each in codes)))

    def test_is_removed_with_the_recovery_codes(self, reader: User, secret: str) -> None:
        mine = signed_in(reader)
        assert mine.post(REMOVAL)["Location"] == SETTINGS
        assert (Authenticator.objects.exists(), RecoveryCode.objects.exists()) == (False, False)
        assert "is not set up" not in mine.post(REMOVAL, follow=True).content.decode()
        assert kinds() == ["app_on", "app_off"]

    def test_is_in_the_log_without_who_the_person_is(self, reader: User) -> None:
        mine = signed_in(reader)
        mine.post(f"{SETTINGS}app/", {"code": code(shown_secret(mine))})
        mine.post(f"{SETTINGS}codes/")
        mine.post(REMOVAL)
        entries = [(each.action, each.actor_id, each.subject) for each in Entry.objects.order_by("pk")]
        actions = ("account.factor_added", "account.codes_renewed", "account.factor_removed")
        assert entries == [(action, reader.pk, f"user:{reader.pk}") for action in actions]

    def test_is_read_with_an_earlier_key_until_it_is_encrypted_with_the_new_one(
        self, reader: User, secret: str, settings: Settings
    ) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "k" * 50, [settings.SECRET_KEY]
        Authenticator.objects.get().reencrypt()
        settings.SECRET_KEY_FALLBACKS = []
        assert Authenticator.objects.get().accept(code(secret), now=timezone.now())


class TestRecoveryCodes:
    def test_are_replaced_by_new_ones(self, reader: User, secret: str) -> None:
        mine = signed_in(reader)
        first, second = (shown_codes(mine.post(f"{SETTINGS}codes/")) for _ in range(2))
        now = timezone.now()
        assert (len(first), len(second)) == (10, 10)
        assert not RecoveryCode.objects.accept(reader, first[0], now=now)
        assert RecoveryCode.objects.accept(reader, second[0], now=now)

    def test_are_not_made_without_a_factor(self, reader: User) -> None:
        assert signed_in(reader).post(f"{SETTINGS}codes/")["Location"] == SETTINGS
        assert not RecoveryCode.objects.exists()


class TestTheMail:
    def test_goes_out_for_each_change_without_a_secret(self, reader: User, secret: str, smtp_sink: Sink) -> None:
        mine = signed_in(reader)
        codes = shown_codes(mine.post(f"{SETTINGS}codes/"))
        mine.post(REMOVAL)
        drain()
        said = [mail.body("plain") for mail in smtp_sink.to(reader.email)]
        assert len(said) == 3
        assert all(f"http://127.0.0.1:8000{SETTINGS}" in body for body in said)
        for words in ("An authenticator app was added", "New recovery codes were made", "The authenticator app was removed"):
            assert sum(words in " ".join(body.split()) for body in said) == 1
        assert not any(each in body for body in said for each in (secret, *codes))


class TestAnOldSession:
    """One that its owner left open, or that someone took over."""

    def test_changes_nothing_without_the_password_or_a_code(self, reader: User, secret: str) -> None:
        mine = signed_in(reader)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            for path in (REMOVAL, f"{SETTINGS}codes/", f"{SETTINGS}passkeys/"):
                assert mine.post(path)["Location"] == f"/account/password/confirmation/?next={SETTINGS.replace('/', '%2F')}"
            assert mine.get(SETTINGS).status_code == 200
            assert Authenticator.objects.exists()
            ask = "/account/password/confirmation/"
            assert mine.post(ask, {"password": "wrong", "next": SETTINGS}).status_code == 422
            assert mine.post(ask, {"password": PASSWORD, "next": "https://evil.example/"})["Location"] == SETTINGS
            assert mine.post(REMOVAL)["Location"] == SETTINGS
        assert not Authenticator.objects.exists()

    def test_is_confirmed_with_a_code_too(self, reader: User, secret: str) -> None:
        answer = signed_in(reader).post("/account/password/confirmation/", {"password": code(secret)})
        assert answer["Location"] == SETTINGS

    def test_counts_codes_with_those_of_the_sign_in(self, reader: User, secret: str) -> None:
        client = Client()
        client.post("/login/", {"username": "rita", "password": PASSWORD})
        for _ in range(10):
            client.post("/login/code/", {"code": "none"})
        ask = "/account/password/confirmation/"
        assert signed_in(reader).post(ask, {"password": code(secret)}).status_code == 429
        assert signed_in(reader).post(ask, {"password": PASSWORD}).status_code == 302

    def test_guesses_ten_times_a_minute(self, reader: User) -> None:
        mine = signed_in(reader)
        said = [mine.post("/account/password/confirmation/", {"password": "wrong"}).status_code for _ in range(11)]
        assert said == [422] * 10 + [429]


class TestAReset:
    """For one who lost phone and recovery codes."""

    def test_is_an_administrators_and_ends_sessions(self, reader: User, author: User, secret: str, smtp_sink: Sink) -> None:
        User.objects.filter(pk=reader.pk).update(role="author")
        ada = User.objects.create_superuser("ada", "ada@example.org", PASSWORD)
        edith = User.objects.create_user("edith", "edith@example.org", PASSWORD, role="editor")
        theirs, path = signed_in(User.objects.get(pk=reader.pk)), f"/studio/team/{reader.pk}/second-factor"
        assert [signed_in(each).post(path).status_code for each in (author, edith)] == [403, 403]
        assert "Remove second factor" in signed_in(ada).get("/studio/team/").content.decode()
        assert "Remove second factor" not in signed_in(edith).get("/studio/team/").content.decode()
        for each in (reader, author):
            Identity.objects.create(user=each, issuer="i", subject=each.username)
        assert signed_in(ada).post(path).status_code == 302
        assert not any(table.objects.exists() for table in (Authenticator, Passkey, RecoveryCode))
        assert who(theirs) == ""
        assert [each.user for each in Identity.objects.all()] == [author]
        [entry] = Entry.objects.filter(action="team.factor_reset")
        assert (entry.actor_id, entry.subject) == (ada.pk, f"user:{reader.pk}")
        drain()
        assert "An administrator removed your second factor" in " ".join(smtp_sink.to(reader.email)[-1].body("plain").split())
        client = Client()
        client.post("/login/", {"username": "rita", "password": PASSWORD})
        assert who(client) == "rita"

    def test_is_not_ones_own(self, secret: str) -> None:
        User.objects.filter(username="rita").update(is_superuser=True)
        rita = User.objects.get(username="rita")
        assert signed_in(rita).post(f"/studio/team/{rita.pk}/second-factor").status_code == 403
