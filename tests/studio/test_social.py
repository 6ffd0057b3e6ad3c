"""Connecting accounts on networks where somebody signs in, and what is told when that ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.effects.testing import drain
from app.social.models import Account
from tests.social.fake import FakeNetwork, Fault, serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon
from tests.studio.conftest import Person, SignedIn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("E8")]
WHERE = "/studio/social/"


@pytest.fixture(params=[FakeMastodon, FakeBluesky], ids=["mastodon", "bluesky"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeNetwork]:
    with serving(request.param) as running:
        yield running


def told(fake: FakeNetwork, **changes: str) -> dict[str, str]:
    """Return what a browser sends from the form of this network."""
    network = "mastodon" if isinstance(fake, FakeMastodon) else "bluesky"
    return {"network": network, "name": "Ours", "endpoint": fake.url, "handle": fake.handle, "secret": fake.secret, **changes}  # type: ignore[attr-defined]


class TestAnAccount:
    @pytest.mark.parametrize("network", ["mastodon", "bluesky", "webhook", "dummy", "nonsense"])
    def test_has_a_form_of_its_own(self, signed_in: SignedIn, network: str) -> None:
        page = signed_in("author").get(f"{WHERE}?network={network}").content.decode()
        labels = {"bluesky": "App password", "webhook": "gets one", "dummy": "What you call it"}
        assert labels.get(network, "Access token") in page

    def test_is_looked_up_and_named_before_it_is_kept(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        answer = signed_in("author").post(WHERE, told(fake))
        account = Account.objects.get()
        assert (answer.status_code, account.active, account.secret) == (200, True, told(fake)["secret"])
        assert account.handle in answer.content.decode()
        assert account.handle in ("ann.test", f"@ann@127.0.0.1:{fake.port}")
        assert account.secret not in answer.content.decode()

    def test_with_wrong_credentials_is_not_kept(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        answer = signed_in("author").post(WHERE, told(fake, secret=fake.wrong_secret))
        assert (answer.status_code, Account.objects.count()) == (422, 0)
        assert "does not accept these credentials" in answer.content.decode()
        assert fake.wrong_secret not in answer.content.decode()

    @pytest.mark.parametrize(
        ("endpoint", "why"),
        [
            ("http://social.example", "begin with https"),
            ("ftp://x", "http or https"),
            ("http://127.0.0.1:1", "cannot be reached"),
        ],
    )
    def test_at_an_address_that_does_not_do_says_why(
        self, signed_in: SignedIn, fake: FakeNetwork, endpoint: str, why: str
    ) -> None:
        answer = signed_in("author").post(WHERE, told(fake, endpoint=endpoint))
        assert (answer.status_code, why in answer.content.decode(), fake.calls) == (422, True, [])

    def test_on_a_server_that_is_something_else_is_not_kept(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        fake.faults += [Fault(match="", status=200, body=b"<html>") for _ in range(3)]
        answer = signed_in("author").post(WHERE, told(fake))
        assert (answer.status_code, "is not what this API says" in answer.content.decode()) == (422, True)

    def test_connected_again_takes_the_new_secret_and_is_one_account(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        signed_in("author").post(WHERE, told(fake))
        Account.objects.get().disable("The access was refused.")
        assert "The access was refused." in signed_in("author").get(WHERE).content.decode()
        fake.secret = "a-new-secret"  # type: ignore[attr-defined]
        signed_in("author").post(WHERE, told(fake))
        account = Account.objects.get()
        assert (account.active, account.error, account.secret) == (True, "", "a-new-secret")

    def test_of_somebody_else_is_not_taken_over(self, signed_in: SignedIn, fake: FakeNetwork, person: Person) -> None:
        signed_in("author").post(WHERE, told(fake))
        answer = signed_in("editor").post(WHERE, told(fake))
        assert (answer.status_code, Account.objects.get().owner) == (422, person("author"))

    def test_switched_on_again_catches_up(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        client = signed_in("author")
        client.post(WHERE, told(fake))
        account = Account.objects.get()
        account.disable("By hand.")
        client.post(f"{WHERE}{account.pk}")
        drain()
        account.refresh_from_db()
        assert (account.active, account.error) == (True, "")
