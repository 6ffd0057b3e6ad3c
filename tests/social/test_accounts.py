"""Connecting accounts, from the command line and past what can be wrong."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from app.accounts.models import User
from app.social.connecting import CannotConnect, connect
from app.social.management.commands import social_account
from app.social.models import Account
from tests.outbound.receiver import receiving, says
from tests.social.fake import serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("social_account", *words, stdout=out)
    return out.getvalue()


class TestConnecting:
    @pytest.mark.parametrize(
        "endpoint", ["", "nowhere", "file:///etc/hostname", "http://user:pw@host.example/", "http://h/" + "x" * 500]
    )
    def test_refuses_an_endpoint_that_cannot_be_called(self, endpoint: str) -> None:
        with pytest.raises(CannotConnect, match="endpoint"):
            connect(network="webhook", name="hook", endpoint=endpoint)
        assert Account.objects.count() == 0

    @pytest.mark.parametrize("secret", ["short", "whsec_", "whsec_not base64", "whsec_ünfit"])
    def test_refuses_a_secret_that_signs_nothing(self, secret: str) -> None:
        with pytest.raises(CannotConnect, match="Leave it empty"):
            connect(network="webhook", name="hook", endpoint="http://127.0.0.1:9999/hook", secret=secret)
        assert Account.objects.count() == 0

    def test_of_the_same_webhook_again_gives_it_a_new_secret_and_tells_it_nothing_twice(self) -> None:
        owners = [User.objects.create(username=name, role="author") for name in ("ann", "bob")]
        endpoint = "http://127.0.0.1:9999/hook"
        secrets = {connect(network="webhook", name="hook", endpoint=endpoint, owner=ann)[1] for ann in [*owners, owners[0]]}
        kept = Account.objects.order_by("pk")
        assert (len(secrets), [each.owner for each in kept]) == (3, owners)
        assert kept[0].secret in secrets
        assert kept[0].secret != kept[1].secret

    @pytest.mark.parametrize(("network", "name"), [("pigeon", "hook"), ("bluesky", "hook"), ("dummy", " ")])
    def test_refuses_what_it_does_not_know(self, network: str, name: str) -> None:
        with pytest.raises(CannotConnect):
            connect(network=network, name=name)


class TestAServerThatMoved:
    def test_is_found_where_it_says_and_its_old_address_sees_no_token(self) -> None:
        with serving(FakeMastodon) as fake, receiving(says(308, Location=f"{fake.url}/api/v2/instance")) as old:
            address = old.url.removesuffix("/hook")
            account, _ = connect(network="mastodon", name="x", endpoint=address, secret=FakeMastodon.secret)
        assert account.endpoint == fake.url
        assert [(each.method, each.path) for each in old.received] == [("GET", "/api/v2/instance")]
        assert [each for each in old.received if "authorization" in each.headers] == []

    def test_to_what_is_no_such_server_is_asked_where_it_was_typed(self) -> None:
        with receiving(says(404)) as page, receiving() as old, pytest.raises(CannotConnect, match="503"):
            old.answers += [says(302, Location=page.url), says(503)]
            connect(network="mastodon", name="x", endpoint=old.url.removesuffix("/hook"), secret="s")
        assert [each.headers.get("authorization") for each in page.received + old.received[1:]] == [None, "Bearer s"]


class TestCommand:
    def test_shows_a_secret_once(self) -> None:
        shown = run("add", "webhook", "hook", "http://127.0.0.1:9999/hook")
        account = Account.objects.get()
        assert f"Secret, shown this once: {account.secret}" in shown
        assert account.secret not in run("list")

    def test_asks_for_an_app_password_and_never_shows_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serving(FakeBluesky) as fake:
            monkeypatch.setattr(f"{social_account.__name__}.getpass", lambda prompt: FakeBluesky.secret)
            said = run("add", "bluesky", "sky", fake.url, "--handle", "@ann.test")
        account = Account.objects.get()
        assert (account.handle, account.secret, account.secret in said) == ("ann.test", FakeBluesky.secret, False)

    def test_switches_accounts_off_and_on(self) -> None:
        run("add", "dummy", "demo")
        pk = str(Account.objects.get().pk)
        said = [run(verb, pk) for verb in ("disable", "disable", "enable", "enable")]
        assert [line.strip() for line in said] == ["Switched off.", "It was off already.", "Switched on.", "It was on already."]

    @pytest.mark.parametrize(
        "words",
        [
            ("add", "webhook", "hook", "nowhere"),
            ("add", "dummy", "x", "--owner", "nobody"),
            ("disable", "987654"),
            ("add", "pigeon", "x"),
            (),
        ],
    )
    def test_says_what_is_wrong(self, words: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            run(*words)

    def test_gives_an_account_to_its_owner(self) -> None:
        User.objects.create(username="ann", role="author")
        run("add", "dummy", "anns", "--owner", "ann")
        assert Account.objects.get().owner.username == "ann"  # type: ignore[union-attr]


class TestAdmin:
    def test_never_shows_a_secret(self, client: Client) -> None:
        operator = User.objects.create(username="op", is_staff=True, is_superuser=True)
        account, secret = connect(network="webhook", name="hook", endpoint="http://127.0.0.1:9999/hook")
        client.force_login(operator)
        pages = [client.get(f"/admin/social/account/{path}") for path in ("", f"{account.pk}/change/")]
        assert [page.status_code for page in pages] == [200, 200]
        assert not any(secret in page.content.decode() or account.secret_encrypted in page.content.decode() for page in pages)
