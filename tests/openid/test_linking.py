"""Which account a person of the provider gets: linked by its owner, by an address, by an invitation, or new."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django import Settings

from app.accounts.models import ApiToken, RegisteredVia, Role, User
from app.log.models import Entry
from app.members.data_export import everything
from app.notices.models import Notice
from app.openid import linking
from app.openid.models import Identity
from app.openid.newcomers import free_name
from app.openid.person import Person
from app.second_factor.changes import reset
from app.second_factor.notice import Change, SecondFactorNotice
from app.second_factor.session import CONFIRMED
from app.team.models import Invitation, Outcome
from owed import clock
from tests import factories
from tests.openid.flow import back_from, go, leave, linked, said
from tests.openid.provider import Provider
from tests.second_factor.signing import signed_in, who

pytestmark = pytest.mark.django_db
LINK = "/account/openid/link"
PLAIN = str.maketrans({"\u0131": "i", "\u017f": "s", "\u212a": "k"})
UNKNOWN = "This Example ID account opens no account here."


def actions() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def notices(user: User) -> list[str]:
    mine = Notice.objects.filter(recipient=user, kind="second_factor").order_by("pk")
    return [key.partition("/")[0] for key in mine.values_list("subject_key", flat=True)]


def outcome() -> str:
    """Return what a new browser is told that goes through the provider."""
    client = Client()
    return said(client, go(client))


def verified(provider: Provider, email: str, **claims: object) -> None:
    provider.person = {"sub": "sub-1", "email": email, "email_verified": True, **claims}


class TestTheOwner:
    def test_links_it_and_unlinks_it(self, provider: Provider, reader: User) -> None:
        client = signed_in(reader)
        assert "Link Example ID" in client.get("/account/openid/").content.decode()
        assert "Linked. It signs you in from now on." in said(client, go(client, LINK))
        identity = Identity.objects.get()
        assert (identity.user, identity.issuer, identity.subject) == (reader, provider.issuer, "sub-1")
        assert [each["subject"] for each in everything(reader)["identities"]] == ["sub-1"]
        client.post(f"/account/openid/{identity.pk}/deletion")
        assert not Identity.objects.exists()
        assert actions() == ["account.linked", "account.unlinked"]
        assert notices(reader) == ["linked", "unlinked"]

    def test_is_asked_for_the_password_first(self, provider: Provider, reader: User) -> None:
        client = signed_in(reader)
        identity, session = linked(reader, provider), client.session
        session[CONFIRMED] -= 601
        session.save()
        for path in (LINK, f"/account/openid/{identity.pk}/deletion"):
            assert client.post(path)["Location"].startswith("/account/password/confirmation/")
        assert Identity.objects.exists()

    def test_confirms_at_the_provider_which_asks_again(self, provider: Provider, reader: User) -> None:
        linked(reader, provider)
        client = signed_in(reader)
        session = client.session
        session[CONFIRMED] -= 601
        session.save()
        assert "Confirm by signing in with your other account" in client.get("/account/password/confirmation/").content.decode()
        provider.claims = {"auth_time": int(clock.now().timestamp()) - 3600}
        assert go(client, "/account/openid/confirmation", next="/account/openid/")["Location"] == "/account/"
        assert client.session[CONFIRMED] == session[CONFIRMED]
        provider.claims = {"auth_time": None}
        assert go(client, "/account/openid/confirmation", next="/account/openid/")["Location"] == "/account/"
        provider.claims, provider.person = {}, {"sub": "someone else's"}
        assert go(client, "/account/openid/confirmation", next="/account/openid/")["Location"] == "/account/"
        provider.person = {"sub": "sub-1"}
        assert go(client, "/account/openid/confirmation", next="/account/openid/")["Location"] == "/account/openid/"
        assert client.session[CONFIRMED] > session[CONFIRMED]

    def test_does_not_get_what_signs_in_someone_else(self, provider: Provider, reader: User, author: User) -> None:
        linked(author, provider)
        client = signed_in(reader)
        assert "This account opens another account here." in said(client, go(client, LINK))
        Identity.objects.all().delete()
        linked(reader, provider, "sub-9")
        assert "Another account of this service signs you in." in said(client, go(client, LINK))
        assert Identity.objects.get().subject == "sub-9"

    def test_is_not_exchanged_by_an_answer_that_began_before_they_signed_in(
        self, provider: Provider, reader: User, author: User
    ) -> None:
        linked(author, provider)
        client = Client()
        back = back_from(leave(client))
        client.force_login(reader)  # in the session of the guest
        assert "openid" in client.session
        client.get(back)
        assert who(client) == "rita"

    def test_links_nothing_as_a_guest(self, provider: Provider, reader: User) -> None:
        client = signed_in(reader)
        back, session = back_from(leave(client, LINK)), client.session
        del session[SESSION_KEY]
        session.save()
        assert client.get(back)["Location"] == "/login/"
        assert not Identity.objects.exists()

    def test_ends_with_the_link_what_it_may_have_opened(self, provider: Provider, reader: User) -> None:
        identity = linked(reader, provider)
        token, _secret = ApiToken.objects.issue(reader)
        theirs, mine = signed_in(reader), signed_in(reader)
        mine.post(f"/account/openid/{identity.pk}/deletion")
        token.refresh_from_db()
        assert (who(theirs), who(mine), token.revoked_at is None) == ("", "rita", False)

    def test_is_led_by_the_mail_to_where_it_is_unlinked(self, reader: User) -> None:
        for change, page in ((Change.LINKED, "/account/openid/"), (Change.APP_ON, "/account/second-factor/")):
            notice = Notice(recipient=reader, subject_key=f"{change}/{clock.now().isoformat()}")
            assert SecondFactorNotice().links(notice)["settings_url"].endswith(page)

    def test_is_asked_once_more_after_a_sign_in_at_which_the_provider_asked_nothing(
        self, provider: Provider, reader: User
    ) -> None:
        linked(reader, provider)
        for auth_time, is_confirmed in ((None, False), (int(time.time()) - 3600, False), (int(time.time()), True)):
            provider.claims, client = {"auth_time": auth_time}, Client()
            go(client)
            assert (who(client), CONFIRMED in client.session) == ("rita", is_confirmed)

    def test_does_not_unlink_the_last_way_in(self, provider: Provider, reader: User) -> None:
        identity = linked(reader, provider)
        User.objects.filter(pk=reader.pk).update(password="!")
        reader.refresh_from_db()
        client = signed_in(reader)
        assert "Unlink" not in client.get("/account/openid/").content.decode()
        answer = client.post(f"/account/openid/{identity.pk}/deletion")
        assert "This is your only way to sign in" in said(client, answer)
        assert Identity.objects.exists()

    def test_unlinks_no_one_elses(self, provider: Provider, reader: User, author: User) -> None:
        identity = linked(author, provider)
        signed_in(reader).post(f"/account/openid/{identity.pk}/deletion")
        assert Identity.objects.exists()


class TestAnAddress:
    def test_links_only_where_the_operator_allows_it_and_both_sides_have_confirmed_it(
        self, provider: Provider, reader: User, settings: Settings
    ) -> None:
        verified(provider, reader.email)
        assert UNKNOWN in outcome()
        settings.OIDC_LINK_BY_EMAIL = True
        provider.person["email_verified"] = "true"
        assert UNKNOWN in outcome()
        provider.person["email_verified"] = True
        User.objects.update(registered_via=RegisteredVia.SITE, email_confirmed_at=None)
        assert UNKNOWN in outcome()
        User.objects.update(email_confirmed_at=clock.now())
        client = Client()
        go(client)
        assert who(client) == "rita"
        assert (actions(), notices(reader)) == (["account.linked"], ["linked"])

    @pytest.mark.parametrize("alike", ["miss@g\u0131thub.com", "mi\u017fs@github.com", "miss@gith\u212aub.com"])
    def test_opens_nothing_to_one_that_other_letters_make_alike(self, alike: str, reader: User, settings: Settings) -> None:
        settings.OIDC_LINK_BY_EMAIL = True
        person = Person(issuer="i", subject="s", email=alike)
        User.objects.filter(pk=reader.pk).update(email="miss@github.com", email_confirmed_at=clock.now())
        assert linking.account_of(person, now=clock.now()) is None
        User.objects.filter(pk=reader.pk).update(email="miss@githkub.com")
        assert linking.account_of(person, now=clock.now()) is None
        editor = factories.person("edda", Role.EDITOR)
        Invitation.objects.invite(alike.translate(PLAIN), Role.EDITOR, by=editor, now=clock.now())
        User.objects.filter(pk=reader.pk).update(email="rita@example.org")
        assert linking.account_of(person, now=clock.now()) is None
        assert (Identity.objects.count(), Invitation.objects.get().closed_at) == (0, None)

    def test_opens_no_account_whose_password_was_taken_away(self, reader: User, settings: Settings) -> None:
        settings.OIDC_LINK_BY_EMAIL = True
        User.objects.update(password="!", email_confirmed_at=clock.now())
        person = Person(issuer="i", subject="s", email=reader.email)
        assert linking.account_of(person, now=clock.now()) is None
        Identity.objects.create(user=reader, issuer="the provider before", subject="s")
        assert linking.account_of(person, now=clock.now()) == reader

    def test_links_the_first_one_and_no_closed_account(self, provider: Provider, reader: User, settings: Settings) -> None:
        settings.OIDC_LINK_BY_EMAIL, settings.OIDC_NEW_ACCOUNTS = True, "reader"
        verified(provider, reader.email)
        linked(reader, provider, "sub-9")
        assert UNKNOWN in outcome()
        Identity.objects.all().delete()
        reader.deactivate()
        assert UNKNOWN in outcome()
        assert (User.objects.count(), Identity.objects.count()) == (1, 0)


class TestANewcomer:
    def test_gets_an_account_only_where_the_operator_wants_it(self, provider: Provider, settings: Settings, db: None) -> None:
        verified(provider, "nora@example.org", preferred_username="nora@corp")
        assert UNKNOWN in outcome()
        settings.OIDC_NEW_ACCOUNTS = "contributor"
        provider.person["email_verified"] = False
        assert UNKNOWN in outcome()
        provider.person["email_verified"] = True
        client = Client()
        go(client)
        nora = User.objects.get()
        assert (nora.username, nora.role, nora.has_usable_password()) == ("nora", Role.CONTRIBUTOR, False)
        assert not nora.has_unconfirmed_address
        assert who(client) == "nora"
        page = client.get("/account/").content.decode()
        assert "Sign in with Example ID" in page
        assert "Change password" not in page

    def test_is_asked_for_at_the_userinfo_endpoint_where_the_token_is_thin(
        self, provider: Provider, settings: Settings, db: None
    ) -> None:
        settings.OIDC_NEW_ACCOUNTS = "reader"
        provider.discovery = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
        provider.userinfo = {"sub": "another", "email": "nora@example.org", "email_verified": True}
        go(Client())
        assert not User.objects.exists()
        provider.userinfo["sub"] = "sub-1"
        go(Client())
        assert User.objects.get().email == "nora@example.org"

    def test_takes_an_open_invitation_to_the_address(self, provider: Provider, settings: Settings, author: User) -> None:
        editor = factories.person("edda", Role.EDITOR)
        Invitation.objects.invite("nora@example.org", Role.AUTHOR, by=editor, now=clock.now())
        verified(provider, "Nora@example.org")
        assert UNKNOWN in outcome()
        settings.OIDC_LINK_BY_EMAIL = True
        client = Client()
        go(client)
        nora = User.objects.get(username__iexact="nora")
        assert (nora.role, Invitation.objects.get().accepted_by) == (Role.AUTHOR, nora)
        provider.person["sub"], provider.person["email"] = "sub-2", "olaf@example.org"
        assert UNKNOWN in outcome()

    def test_gets_no_account_by_an_invitation_that_is_withdrawn_meanwhile(
        self, author: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.OIDC_LINK_BY_EMAIL = True
        invitation = Invitation.objects.invite("nora@example.org", Role.AUTHOR, by=author, now=clock.now())
        monkeypatch.setattr(Invitation, "is_valid", lambda it, now: it.close(Outcome.REVOKED, now) is None)
        person = Person(issuer="i", subject="s", email=invitation.email)
        assert linking.account_of(person, now=clock.now()) is None
        assert not User.objects.filter(email=invitation.email).exists()

    def test_gets_a_name_that_is_free(self, reader: User) -> None:
        assert free_name(Person(issuer="i", subject="s", name="Rita")) == "Rita2"
        assert free_name(Person(issuer="i", subject="s", name="<..>", email="..@example.org")) == "reader"
        assert free_name(Person(issuer="i", subject="s", email="o'neil@example.org")) == "oneil"


class TestAReset:
    def test_by_an_administrator_removes_a_link_where_there_is_no_second_factor(self, reader: User, provider: Provider) -> None:
        linked(reader, provider)
        reset(reader, now=clock.now())
        assert not Identity.objects.exists()
