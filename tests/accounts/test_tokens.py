from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import ApiToken, User
from owed import clock
from owed.testing import owes

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada")


def run(*words: str) -> str:
    out = StringIO()
    call_command("api_token", *words, stdout=out)
    return out.getvalue().strip()


class TestTokens:
    def test_sign_in_and_are_not_kept_in_clear(self, user):
        token, plaintext = ApiToken.objects.issue(user, "script")

        assert ApiToken.objects.resolve(plaintext) == user
        assert plaintext not in {str(value) for value in ApiToken.objects.values().get().values()}
        assert plaintext.startswith(token.prefix)

    @pytest.mark.parametrize("text", ["", "aw_", "x" * 10_000, "\x00", "\ud800", "é"])
    def test_that_nobody_issued_are_refused(self, user, text):
        assert ApiToken.objects.resolve(text) is None

    def test_end_when_revoked_or_with_the_account(self, user):
        token, plaintext = ApiToken.objects.issue(user, "")
        User.objects.update(is_active=False)
        assert ApiToken.objects.resolve(plaintext) is None
        User.objects.update(is_active=True)

        assert [token.revoke(), token.revoke()] == [True, False]
        assert ApiToken.objects.resolve(plaintext) is None

    def test_note_their_use_once_a_minute(self, user):
        _, plaintext = ApiToken.objects.issue(user, "")
        ApiToken.objects.resolve(plaintext)
        first = ApiToken.objects.get().last_used_at
        ApiToken.objects.resolve(plaintext)
        assert ApiToken.objects.get().last_used_at == first is not None

        ApiToken.objects.update(last_used_at=timezone.now() - timedelta(hours=1))
        ApiToken.objects.resolve(plaintext)
        assert ApiToken.objects.get().last_used_at > first


class TestTheCommand:
    @pytest.mark.covers("D13")
    def test_prints_a_token_that_signs_in(self, user):
        assert ApiToken.objects.resolve(run("ADA", "--name", "script")) == user

    @pytest.mark.covers("D13")
    def test_lists_and_revokes_by_prefix(self, user):
        plaintext = run("ada", "--name", "script")
        assert run("ada", "--list") == f"{plaintext[:8]} script not used"

        assert run("ada", "--revoke", plaintext[:8]) == "1 revoked"
        assert ApiToken.objects.resolve(plaintext) is None

    @pytest.mark.covers("D13")
    @pytest.mark.parametrize("words", [("nobody",), ("ada", "--revoke", "aw_none")], ids=["user", "token"])
    def test_names_what_is_not_there(self, user, words):
        with pytest.raises(CommandError, match=r"no (user|token)"):
            run(*words)


OLD, NEW = "a-good-password-7", "quite another phrase"


def by_admin(user: User, **typed: str) -> None:
    desk = Client()
    desk.force_login(User.objects.create_superuser("root"))
    assert desk.post(reverse("admin:auth_user_password_change", args=[user.pk]), typed).status_code == 302


def by_set_password(user: User) -> None:
    user.set_password(NEW)
    user.save(update_fields=["password"])


def by_hash(user: User) -> None:
    user.password = make_password(NEW)
    user.save()


def by_taking_away(user: User) -> None:
    user.set_unusable_password()
    user.save(update_fields=["password"])


OTHERS: dict[str, Callable[[User], None]] = {
    "admin": lambda user: by_admin(user, password1=NEW, password2=NEW, usable_password="true"),
    "admin takes away": lambda user: by_admin(user, **{"usable_password": "false", "unset-password": ""}),
    "set_password": by_set_password,
    "hash": by_hash,
    "unusable": by_taking_away,
}


class TestAnotherPassword:
    @pytest.fixture
    def tokens(self, user: User) -> list[str]:
        user.set_password(OLD)
        user.save()
        return [ApiToken.objects.issue(each)[1] for each in (user, User.objects.create_user("bob"))]

    @pytest.mark.parametrize("way", OTHERS)
    def test_ends_the_tokens_of_its_owner_whoever_sets_it(self, user: User, tokens: list[str], way: str) -> None:
        OTHERS[way](user)
        assert not User.objects.get(pk=user.pk).check_password(OLD)
        assert [ApiToken.objects.resolve(token) is None for token in tokens] == [True, False]

    @pytest.mark.parametrize("way", OTHERS)
    def test_is_told_its_owner_whoever_sets_it(self, user: User, way: str) -> None:
        user.set_password(OLD)
        user.save()
        OTHERS[way](user)
        assert owes("email.password", about=user).count() == 2

    def test_ends_none_where_the_change_is_rolled_back(self, user: User, tokens: list[str]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            user.username = "bob"
            by_hash(user)
        assert ApiToken.objects.resolve(tokens[0]) == user


class TestTheSamePassword:
    def test_keeps_the_tokens_when_its_hash_is_made_stronger(
        self, user: User, real_hashers: list[str], settings: Settings
    ) -> None:
        user.set_password(OLD)
        user.save()
        _, token = ApiToken.objects.issue(user)
        before, told_at = user.password, clock.now()
        assert before.startswith("pbkdf2_sha256$")
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *real_hashers]
        assert Client().login(username="ada", password=OLD)
        assert User.objects.get().password.partition("$")[0] == "scrypt" != before.partition("$")[0]
        assert ApiToken.objects.resolve(token) == user
        assert not owes("email.password").filter(created_at__gt=told_at).exists()

    def test_keeps_the_tokens_when_anything_else_is_saved(self, user: User) -> None:
        _, token = ApiToken.objects.issue(user)
        user.first_name = "Ada"
        user.save()
        user.save(update_fields=["first_name"])
        User.objects.only("username").get().save()
        assert ApiToken.objects.resolve(token) == user
