"""SECRET_KEY is changed while the old one is named in SECRET_KEY_FALLBACKS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import Profile, User
from app.members.email_change import request_email_change
from app.members.email_confirmation import ConfirmationLink
from app.members.models import EmailChange
from app.members.password_reset import reset_path
from app.newsletter.models import Subscriber
from app.notices.preferences import StopLink
from app.social.models import Account
from config import env
from config.env import ROOT
from tests.factories import person

pytestmark = pytest.mark.django_db
OLDEST, OLD, NEW = "oldest-key-" * 5, "old-key-" * 7, "new-key-" * 7
Rotate = Callable[[], None]


@pytest.fixture
def rotate(settings: Settings) -> Rotate:
    """Begin under the old key; the function changes to the environment after a rotation."""
    settings.SECRET_KEY = OLD

    def change(fallbacks: str = f"{OLDEST}, {OLD}") -> None:
        given = env.read({"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": fallbacks})
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = given.secret_key, list(given.secret_key_fallbacks)

    return change


@pytest.fixture
def ann() -> User:
    return person("ann", password="a-good-password-7")


def webhook(name: str, secret: str) -> Account:
    account = Account(network="webhook", name=name, endpoint=f"https://{name}.example/")
    account.secret = secret
    account.save()
    return account


def reseal() -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("social_account", "reseal", stdout=out, stderr=err)
    return out.getvalue() + str(raised.value), err.getvalue()


class TestTheSettings:
    def test_take_the_fallbacks_from_the_environment(self) -> None:
        environment = {**os.environ, "SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": f"{OLDEST},{OLD}"}
        ask = "from django.conf import settings; print(*settings.SECRET_KEY_FALLBACKS)"
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        command = [sys.executable, "-c", ask]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == f"{OLDEST} {OLD}"


class TestAKeyThatWasChanged:
    def test_keeps_people_signed_in(self, ann: User, rotate: Rotate) -> None:
        client = Client()
        client.force_login(ann)
        rotate()
        assert client.get("/account/").status_code == 200

    def test_keeps_the_link_that_stops_notices(self, ann: User, rotate: Rotate, client: Client) -> None:
        path = StopLink(ann.pk, "likes").get_absolute_url()
        rotate()
        assert client.post(path).status_code == 200
        assert not Profile.objects.get(user=ann).notify_likes

    def test_keeps_the_link_that_confirms_an_address(self, rotate: Rotate, client: Client) -> None:
        user = User.objects.register("bob", "bob@example.org", "a-good-password-7")
        path = ConfirmationLink.of(user).get_absolute_url()
        rotate()
        assert client.post(path).status_code == 200
        assert User.objects.get(pk=user.pk).email_confirmed_at

    def test_keeps_the_link_for_a_new_password(self, ann: User, rotate: Rotate, client: Client) -> None:
        path = reset_path(ann)
        rotate()
        new = "quite another phrase"
        client.post(client.get(path)["Location"], {"new_password1": new, "new_password2": new})
        assert Client().login(username="ann", password=new)

    @pytest.mark.parametrize("fallbacks", [OLD, f"{OLDEST},{OLD}"])
    def test_keeps_the_link_to_another_address(self, ann: User, rotate: Rotate, client: Client, fallbacks: str) -> None:
        request_email_change(ann, "ann@new.example", now=timezone.now())
        change = EmailChange.objects.get()
        path = reverse("address_change", args=[change.pk, change.secret()])
        rotate(fallbacks)
        client.post(path)
        assert User.objects.get().email == "ann@new.example"

    def test_ends_the_link_to_another_address_without_the_old_key(self, ann: User, rotate: Rotate, client: Client) -> None:
        request_email_change(ann, "ann@new.example", now=timezone.now())
        change = EmailChange.objects.get()
        path = reverse("address_change", args=[change.pk, change.secret()])
        rotate(OLDEST)
        client.post(path)
        assert User.objects.get().email == "ann@example.org"

    def test_keeps_the_link_that_ends_a_subscription_even_without_the_old_key(self, rotate: Rotate, client: Client) -> None:
        reader = Subscriber.objects.create(email="r@example.org", state="confirmed", confirmed_at=timezone.now())
        rotate("")
        assert client.post(f"/subscriptions/{reader.token}/", {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert Subscriber.objects.get().state == "unsubscribed"

    def test_leaves_accounts_readable_and_moves_them_to_the_new_key(self, rotate: Rotate, settings: Settings) -> None:
        webhook("hook", "whsec_x")
        rotate()
        assert Account.objects.get().secret == "whsec_x"
        call_command("social_account", "reseal")
        settings.SECRET_KEY_FALLBACKS = []
        assert Account.objects.get().secret == "whsec_x"


class TestResealing:
    def test_names_the_accounts_that_no_key_opens_and_goes_on(self, rotate: Rotate, settings: Settings) -> None:
        lost = [webhook("first", "whsec_1")]
        settings.SECRET_KEY = OLDEST
        kept = webhook("second", "whsec_2")
        settings.SECRET_KEY = OLD
        lost.append(webhook("third", "whsec_3"))
        before = {each.pk: each.secret_encrypted for each in lost}
        rotate(OLDEST)
        said, named = reseal()
        assert "1 secrets are under the current key." in said
        assert "2 cannot be read" in said
        assert ["first" in named, "second" in named, "third" in named] == [True, False, True]
        settings.SECRET_KEY_FALLBACKS = []
        assert Account.objects.get(pk=kept.pk).secret == "whsec_2"
        assert {each.pk: each.secret_encrypted for each in Account.objects.filter(pk__in=before)} == before

    def test_is_advised_by_the_list_of_accounts(self, rotate: Rotate) -> None:
        webhook("hook", "whsec_1")
        rotate("")
        out = StringIO()
        call_command("social_account", "list", stdout=out)
        assert "cannot be read" in out.getvalue()
        rotate()
        out = StringIO()
        call_command("social_account", "list", stdout=out)
        assert "cannot be read" not in out.getvalue()
