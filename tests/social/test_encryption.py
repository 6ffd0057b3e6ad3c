"""Secrets at rest."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from app.social.encryption import DecryptionFailed, decrypt, encrypt
from app.social.models import Account
from app.social.networks import network_of
from app.social.networks.webhook import new_secret


class TestSeal:
    def test_hides_the_text_and_gives_it_back(self) -> None:
        encrypted = encrypt("whsec_secret")
        assert ("secret" in encrypted, decrypt(encrypted)) == (False, "whsec_secret")

    def test_opens_with_a_key_that_was_retired(self, settings: Settings) -> None:
        encrypted = encrypt("old")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new-key", [settings.SECRET_KEY]
        assert decrypt(encrypted) == "old"

    def test_stays_shut_without_the_key(self, settings: Settings) -> None:
        encrypted = encrypt("old")
        settings.SECRET_KEY = "another-key"
        with pytest.raises(DecryptionFailed, match="connect the account again"):
            decrypt(encrypted)


@pytest.mark.django_db
class TestAccountsSecret:
    def test_is_nowhere_in_the_row(self) -> None:
        account = Account(network="webhook", name="hook", endpoint="http://127.0.0.1:9999/")
        account.secret = secret = new_secret()
        account.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(social_account)::text FROM social_account")
            row = cursor.fetchone()[0]
        assert (secret in row, secret.removeprefix("whsec_") in row, Account.objects.get().secret) == (False, False, secret)
        assert secret not in repr(network_of(account).login)

    def test_moves_to_a_new_key_by_command(self, settings: Settings) -> None:
        account = Account(network="webhook", name="hook")
        account.secret = "whsec_x"
        account.save()
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new-key", [settings.SECRET_KEY]
        call_command("social_account", "reseal")
        settings.SECRET_KEY_FALLBACKS = []
        assert Account.objects.get().secret == "whsec_x"
