from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.accounts.models import ApiToken, User

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
