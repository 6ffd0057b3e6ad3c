"""Passkeys: added by a person who is signed in, then a second step, or the whole sign-in."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from django.test import Client
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AuthenticatorData

from app.accounts.models import User
from app.notices.models import Notice
from app.second_factor.models import Passkey, RecoveryCode
from tests import factories
from tests.second_factor.signing import (
    FLAG,
    PASSWORD,
    SETTINGS,
    SecurityKey,
    add_key,
    answer,
    enter,
    shown_codes,
    signed_in,
    who,
)

pytestmark = pytest.mark.django_db
STEP = "/login/code/passkey/"
RAW = '{"id": "AAAA", "rawId": %s, "type": "public-key", "response": %s}'
NO_ANSWERS = [
    "null",
    "{}",
    "[]",
    "not JSON",
    '{"id": 1}',
    "[" * 19_000,
    RAW % ("null", "null"),
    RAW % (10**14, "{}"),
    RAW % ('"AAAA"', "null"),
]


@pytest.fixture
def key(reader: User, named_site: str) -> SecurityKey:
    """Return a key that the reader has added."""
    key = SecurityKey(named_site)
    add_key(signed_in(reader), key)
    return key


class TestAdding:
    def test_gives_recovery_codes_with_the_first_one_only(self, reader: User, named_site: str) -> None:
        mine = signed_in(reader)
        assert len(shown_codes(add_key(mine, SecurityKey(named_site), "Laptop"))) == 10
        assert add_key(mine, SecurityKey(named_site), "Phone")["Location"] == SETTINGS
        page = mine.get(SETTINGS).content.decode()
        assert ("Laptop" in page, "Phone" in page, "Not used yet." in page) == (True, True, True)
        assert Notice.objects.filter(subject_key__startswith="passkey_on/").count() == 2

    def test_refuses_a_name_that_is_taken_or_empty(self, reader: User, named_site: str) -> None:
        mine = signed_in(reader)
        add_key(mine, SecurityKey(named_site))
        assert add_key(mine, SecurityKey(named_site)).status_code == 422
        assert mine.post(f"{SETTINGS}passkeys/", {"name": " "}).status_code == 422

    def test_refuses_what_another_site_made_or_no_one_asked_for(self, reader: User, named_site: str) -> None:
        mine = signed_in(reader)
        assert add_key(mine, SecurityKey("http://localhost:9999")).status_code == 422
        options = mine.post(f"{SETTINGS}passkeys/", {"name": "Twice"}).json()
        made = {"name": "Twice", "credential": SecurityKey(named_site).create(options)}
        assert signed_in(reader).post(f"{SETTINGS}passkeys/", made).status_code == 422
        assert not Passkey.objects.exists()

    @pytest.mark.parametrize("typed", NO_ANSWERS)
    def test_refuses_what_is_no_answer_of_a_passkey(self, reader: User, named_site: str, typed: str) -> None:
        mine = signed_in(reader)
        mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted"})
        assert mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted", "credential": typed}).status_code == 422

    @pytest.mark.parametrize("data", [b"", b"\xa3", b"\xbb\0", b"\xa1\x68authData\x19\x01", b"\x81" * 5000])
    def test_refuses_bytes_that_are_cut_off_or_too_deep(self, reader: User, named_site: str, data: bytes) -> None:
        mine, key = signed_in(reader), SecurityKey(named_site)
        made = json.loads(key.create(mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted"}).json()))
        made["response"]["attestationObject"] = websafe_encode(data)
        answer = mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted", "credential": json.dumps(made)})
        assert answer.status_code == 422

    @pytest.mark.parametrize("algorithm", [-65535, 99])
    def test_refuses_a_key_of_an_algorithm_that_was_not_offered(self, reader: User, named_site: str, algorithm: int) -> None:
        assert add_key(signed_in(reader), SecurityKey(named_site, algorithm=algorithm)).status_code == 422

    def test_refuses_a_key_without_its_public_half(self, reader: User, named_site: str) -> None:
        mine, key = signed_in(reader), SecurityKey(named_site)
        made = json.loads(key.create(mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted"}).json()))
        data = AuthenticatorData.create(sha256(b"localhost").digest(), FLAG.UP, 0)
        made["response"]["attestationObject"] = websafe_encode(AttestationObject.create("none", data, {}))
        answer = mine.post(f"{SETTINGS}passkeys/", {"name": "Crafted", "credential": json.dumps(made)})
        assert answer.status_code == 422

    def test_refuses_a_key_that_is_registered_already(self, reader: User, author: User, key: SecurityKey) -> None:
        answer = add_key(signed_in(author), key, "Mine")
        assert (answer.status_code, "This passkey was not accepted." in answer.content.decode()) == (422, True)

    def test_is_not_offered_where_browsers_have_none(self, reader: User) -> None:
        assert "data-passkey" not in signed_in(reader).get(SETTINGS).content.decode()
        assert "data-passkey" not in Client().get("/login/").content.decode()


class TestRemoving:
    def test_is_of_ones_own_alone(self, reader: User, author: User, key: SecurityKey) -> None:
        path = f"{SETTINGS}passkeys/{Passkey.objects.get().pk}/deletion"
        signed_in(author).post(path)
        assert Passkey.objects.exists()
        signed_in(User.objects.get(pk=reader.pk)).post(path)
        assert (Passkey.objects.exists(), RecoveryCode.objects.exists()) == (False, False)
        assert Notice.objects.filter(subject_key__startswith="passkey_off/").count() == 1


class TestASecondStep:
    def test_is_taken_with_the_key(self, client: Client, key: SecurityKey) -> None:
        assert enter(client, next="/archive/")["Location"] == "/login/code/"
        assert "data-passkey" in client.get("/login/code/").content.decode()
        assert (answer(client, key, STEP)["Location"], who(client)) == ("/archive/", "rita")
        assert Passkey.objects.get().last_used_at is not None

    def test_is_not_taken_with_the_key_of_another_or_without_a_password(
        self, client: Client, author: User, key: SecurityKey, named_site: str
    ) -> None:
        assert client.post(STEP)["Location"] == "/login/"
        others = SecurityKey(named_site)
        add_key(signed_in(author), others)
        enter(client)
        assert (answer(client, others, STEP).status_code, who(client)) == (422, "")


class TestASignInWithoutPassword:
    def test_is_of_whose_key_it_is(self, client: Client, key: SecurityKey) -> None:
        assert answer(client, key, next="/archive/")["Location"] == "/archive/"
        assert who(client) == "rita"
        assert "known" in client.cookies

    def test_leads_nowhere_else(self, client: Client, key: SecurityKey) -> None:
        assert answer(client, key, next="//evil.example/")["Location"] == "/"

    def test_needs_a_key_that_asks_for_a_pin_or_finger(self, client: Client, reader: User, named_site: str) -> None:
        key = SecurityKey(named_site, is_verified=False)
        add_key(signed_in(reader), key)
        assert (answer(client, key)["Location"], who(client)) == ("/login/", "")
        enter(client)
        assert answer(client, key, STEP).status_code == 302
        assert who(client) == "rita"

    def test_is_not_had_by_the_challenge_of_a_second_step(self, client: Client, reader: User, named_site: str) -> None:
        """That one also accepts a key without its PIN: one that was found, say, by someone with an account of their own."""
        key = SecurityKey(named_site, is_verified=False)
        add_key(signed_in(reader), key)
        add_key(signed_in(factories.person("mallory", password=PASSWORD)), SecurityKey(named_site))
        enter(client, "mallory")
        found = key.get(client.post(STEP).json())
        assert client.post("/login/passkey/", {"credential": found})["Location"] == "/login/"
        begun = key.get(client.post("/login/passkey/").json())
        assert client.post(STEP, {"credential": begun}).status_code == 422
        assert who(client) == ""

    @pytest.mark.parametrize("typed", NO_ANSWERS)
    def test_is_refused_to_what_is_no_answer(self, client: Client, key: SecurityKey, typed: str) -> None:
        client.post("/login/passkey/")
        assert client.post("/login/passkey/", {"credential": typed})["Location"] == "/login/"

    def test_is_refused_to_a_replay_a_copy_and_a_closed_account(self, client: Client, key: SecurityKey) -> None:
        once = key.get(client.post("/login/passkey/").json())
        client.post("/login/passkey/", {"credential": once})
        client.post("/logout/")
        assert client.post("/login/passkey/", {"credential": once})["Location"] == "/login/"
        key.count = 0  # as of a copy that was made before
        assert answer(client, key)["Location"] == "/login/"
        User.objects.update(is_active=False)
        key.count = 9
        assert answer(client, key)["Location"] == "/login/"
        assert who(client) == ""

    def test_is_counted_by_address(self, client: Client, named_site: str) -> None:
        said = [client.post("/login/passkey/").status_code for _ in range(61)]
        assert said == [200] * 60 + [429]
