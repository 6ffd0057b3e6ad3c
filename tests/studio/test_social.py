"""Connecting accounts on networks where somebody signs in, and what is told when that ends."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account, DummyPost, SocialPost
from app.social.sharing import remove, share
from owed.testing import drain, owes
from tests.social.fake import FakeNetwork, Fault, serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon
from tests.studio.forms import Person, SignedIn

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
        labels = {
            "bluesky": "App password",
            "webhook": "have one made",
            "dummy": "What you call it",
            "mastodon": "Access token",
        }
        assert labels.get(network, "App password") in page

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


class TestRemoving:
    @pytest.fixture
    def recorder(self, person: Person) -> Account:
        return connect(network="dummy", name="Recorder", owner=person("author"))[0]

    def test_hides_an_account_and_keeps_the_account_of_what_went_through_it(
        self, signed_in: SignedIn, recorder: Account, draft: Post
    ) -> None:
        client = signed_in("author")
        draft.publish(at=timezone.now())
        drain()
        assert f'action="{WHERE}{recorder.pk}/removal"' in client.get(WHERE).content.decode()
        page = client.post(f"{WHERE}{recorder.pk}/removal", follow=True).content.decode()
        assert ("Recorder is removed." in page, f"{WHERE}{recorder.pk}" in page) == (True, False)
        story = client.get(f"/studio/posts/{draft.pk}/effects/").content.decode()
        assert ("Recorder" in story, "removed " in story, "chip sent" in story) == (True, True, True)

    def test_forgets_the_secret(self, person: Person) -> None:
        hook, secret = connect(network="webhook", name="Hook", endpoint="http://127.0.0.1:9999/hook", owner=person("author"))
        Account.keep_session(hook.pk, "tokens")
        assert (remove(hook, now=timezone.now()), remove(hook, now=timezone.now())) == (True, False)
        Account.keep_session(hook.pk, "tokens that a call under way was given")
        hook.refresh_from_db()
        assert (hook.secret, hook.session_encrypted, hook.active, hook.enable()) == ("", "", False, False)
        assert secret

    def test_shares_and_follows_nothing_more(self, recorder: Account, draft: Post) -> None:
        draft.publish(at=timezone.now())
        drain()
        remove(recorder, now=timezone.now())
        looks = owes("social.deliver").count()
        draft.revise(title="Better")
        drain()
        assert (owes("social.deliver").count(), DummyPost.objects.get().edited_at) == (looks, None)

    def test_skips_what_was_owed_but_not_sent(self, recorder: Account, draft: Post) -> None:
        draft.publish(at=timezone.now())
        share(draft.pk, now=timezone.now())
        remove(recorder, now=timezone.now())
        drain()
        assert (SocialPost.objects.get().state, DummyPost.objects.count()) == ("skipped", 0)

    def test_says_of_what_is_in_doubt_that_it_is_unknown(self, signed_in: SignedIn, recorder: Account, draft: Post) -> None:
        row = SocialPost.objects.create(account=recorder, post=draft, state="submitting", attempts=1)
        signed_in("author").post(f"{WHERE}{recorder.pk}/removal")
        drain()
        row.refresh_from_db()
        assert (row.state, "was removed before" in row.error) == ("unknown", True)

    def test_is_for_the_owner_and_by_post(self, signed_in: SignedIn, person: Person, recorder: Account) -> None:
        Account.objects.filter(pk=recorder.pk).update(owner=person("editor"))
        forger = Client(enforce_csrf_checks=True)
        forger.force_login(person("editor"))
        path = f"{WHERE}{recorder.pk}/removal"
        answers = [signed_in("author").post(path), forger.post(path), signed_in("editor").get(path)]
        assert [answer.status_code for answer in answers] == [403, 403, 405]
        assert Account.objects.connected().exists()
        answers = [signed_in("editor").post(path), signed_in("editor").post(path), signed_in("editor").post(path[:-8])]
        assert [answer.status_code for answer in answers] == [302, 404, 404]

    def test_is_undone_by_connecting_the_same_again(self, signed_in: SignedIn, fake: FakeNetwork) -> None:
        for _ in range(2):
            signed_in("author").post(WHERE, told(fake))
            account = Account.objects.get()
            assert (account.active, account.secret, account.removed_at) == (True, told(fake)["secret"], None)
            remove(account, now=timezone.now())

    def test_leaves_the_account_to_whom_it_belongs_next(self, signed_in: SignedIn, fake: FakeNetwork, person: Person) -> None:
        signed_in("author").post(WHERE, told(fake))
        remove(Account.objects.get(), now=timezone.now())
        signed_in("editor").post(WHERE, told(fake))
        assert Account.objects.connected().get().owner == person("editor")

    def test_in_the_admin_and_by_command_keeps_the_row_too(self, client: Client) -> None:
        first, second = (connect(network="dummy", name=name)[0] for name in ("One", "Two"))
        client.force_login(User.objects.create(username="op", is_staff=True, is_superuser=True))
        told = {"action": "remove", "_selected_action": [first.pk]}
        assert client.post("/admin/social/account/", told).status_code == 302
        assert client.post(f"/admin/social/account/{second.pk}/delete/", {"post": "yes"}).status_code == 403
        call_command("social_account", "remove", str(second.pk), stdout=StringIO())
        assert (Account.objects.count(), Account.objects.connected().count()) == (2, 0)
        with pytest.raises(CommandError):
            call_command("social_account", "enable", str(second.pk))


class TestAWebhook:
    def test_is_called_about_what_its_owner_ticks(self, signed_in: SignedIn, person: Person) -> None:
        hook = Account.objects.create(network="webhook", name="hook", endpoint="https://h.example/", owner=person("author"))
        where = f"{WHERE}{hook.pk}/events/"
        page = signed_in("author").get(where).content.decode()
        assert 'value="post" checked' in page
        assert "subscriber.confirmed" not in page
        assert where in signed_in("author").get(WHERE).content.decode()
        signed_in("author").post(where, {"event": ["comment.held"]})
        assert Account.objects.get().events == ["comment.held"]
        refused = signed_in("author").post(where, {"event": ["effect.dead"]}, follow=True).content.decode()
        assert "Not an event that this endpoint may choose: effect.dead." in refused
        assert (signed_in("contributor").get(where).status_code, Account.objects.get().events) == (403, ["comment.held"])

    def test_is_tried_out_and_given_another_secret_which_is_shown_once(self, signed_in: SignedIn, person: Person) -> None:
        hook = Account.objects.create(network="webhook", name="hook", endpoint="https://h.example/", owner=person("author"))
        hook.secret = before = "whsec_b2xk"
        hook.save()
        where, mine = f"{WHERE}{hook.pk}", signed_in("author")
        assert "Send a test call" in mine.get(f"{where}/events/").content.decode()
        assert "A test call is on its way." in mine.post(f"{where}/test", follow=True).content.decode()
        assert [call.event for call in hook.calls.all()] == ["webhook.test"]
        answer = mine.post(f"{where}/secret", {"keep_old": "on"})
        new, kept = Account.objects.get().secret.split()
        assert (kept, new in answer.content.decode(), "no-store" in answer["Cache-Control"]) == (before, True, True)
        assert new not in mine.get(f"{where}/events/").content.decode()
        mine.post(f"{where}/secret")
        assert len(Account.objects.get().secret.split()) == 1

    def test_that_is_off_gets_no_test_call(self, signed_in: SignedIn, person: Person) -> None:
        off = {"network": "webhook", "name": "hook", "endpoint": "https://h.example/", "active": False}
        hook = Account.objects.create(owner=person("author"), **off)
        assert "The account is off." in signed_in("author").post(f"{WHERE}{hook.pk}/test", follow=True).content.decode()
        assert not hook.calls.exists()
        assert signed_in("contributor").post(f"{WHERE}{hook.pk}/secret").status_code == 403
