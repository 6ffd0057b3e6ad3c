"""The certificate of a mailing: everyone is accounted for, and nothing can be changed behind the signature."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Post
from app.newsletter.models import Delivery, Send, Subscriber
from owed.testing import drain
from tests import factories
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E6")]
Readers = Callable[..., list[Subscriber]]


@pytest.fixture
def author_page(client: Client, author: User) -> Client:
    client.force_login(author)
    return client


@pytest.fixture
def send(post: Post, readers: Readers, smtp_sink: Sink) -> Send:
    """A mailing to five, of whom one was refused, one left, and one was erased."""
    five = readers(5, consent_text="I agree", consented_at=timezone.now(), source="page")
    smtp_sink.refuse = lambda address: "550 5.1.1 no" if address == five[0].email else None
    five[1].unsubscribe()
    drain()
    late = Delivery.objects.create(send=Send.objects.get(), post=post, subscriber=five[1], state="skipped", error="left")
    Send.objects.update(candidates=5)
    five[4].erase()
    assert late.pk
    return Send.objects.get()


@pytest.fixture
def file(send: Send, author_page: Client, tmp_path: Path) -> Path:
    response = author_page.get(f"/studio/sends/{send.pk}/certificate.zip")
    assert response["Content-Type"] == "application/zip"
    path = tmp_path / "mailing.zip"
    path.write_bytes(b"".join(response.streaming_content))  # type: ignore[attr-defined]
    return path


def parts(file: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    with ZipFile(file) as archive:
        copies = archive.read("copies.csv").decode()
        return json.loads(archive.read("mailing.json")), list(csv.DictReader(StringIO(copies)))


def rewritten(file: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Return a copy of the file in which a part was changed."""
    target = BytesIO()
    with ZipFile(file) as archive, ZipFile(target, "w") as other:
        for each in archive.namelist():
            other.writestr(each, change(archive.read(each)) if each == name else archive.read(each))
    forged = file.with_name("forged.zip")
    forged.write_bytes(target.getvalue())
    return forged


def verified(file: Path, **options: str) -> str:
    said = StringIO()
    call_command("verify_mailing", str(file), stdout=said, **options)
    return said.getvalue()


class TestACertificate:
    def test_accounts_for_everyone(self, file: Path, send: Send, post: Post) -> None:
        facts, copies = parts(file)
        assert facts["copies"]["by_state"] == {"failed": 1, "sent": 3, "skipped": 1}
        assert facts["candidates"] == len(copies) == 5
        assert facts["post"]["guid"] == str(post.guid)
        assert "The signature holds, and everyone is accounted for." in verified(file)

    def test_has_the_proofs_of_consent_and_no_address(self, file: Path) -> None:
        facts, copies = parts(file)
        texts = json.dumps([facts, copies])
        assert "@example.org" not in texts
        proofs = [row["consent_sha256"] for row in copies]
        assert sorted(set(proofs)) == ["", sha256(b"I agree").hexdigest()]
        assert proofs.count("") == 1

    def test_has_the_digest_of_the_text_that_was_decided_on(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        readers(1)
        drain()
        text = "\n".join([post.title, post.excerpt, post.content])
        assert Send.objects.get().content_digest == sha256(text.encode()).hexdigest()

    def test_shows_the_copy_to_an_address_to_those_who_know_it(self, file: Path) -> None:
        assert "failed" in verified(file, address="R0@example.org").splitlines()[-2]
        assert len(verified(file, address="stranger@example.org")) < len(verified(file, address="r2@example.org"))

    @pytest.mark.parametrize(
        ("name", "old", "new", "what"),
        [
            ("mailing.json", b'"sent": 3', b'"sent": 4', "signature"),
            ("mailing.json", b'"candidates": 5', b'"candidates": 4', "signature"),
            ("copies.csv", b",skipped,", b",sent,", "not those that were signed"),
        ],
    )
    def test_that_was_changed_is_refused(self, file: Path, name: str, old: bytes, new: bytes, what: str) -> None:
        forged = rewritten(file, name, lambda octets: octets.replace(old, new, 1))
        with pytest.raises(CommandError, match=what):
            verified(forged)

    def test_of_another_site_is_verified_by_its_key(self, file: Path, settings: Settings) -> None:
        key = parts(file)[0]["public_key"]
        before = settings.SECRET_KEY
        settings.SECRET_KEY = "another site " * 4
        with pytest.raises(CommandError, match="not of this site"):
            verified(file)
        assert "holds" in verified(file, key=key)
        settings.SECRET_KEY_FALLBACKS = [before]
        assert "holds" in verified(file)

    def test_of_a_mailing_that_does_not_add_up_says_so(self, send: Send, author_page: Client, tmp_path: Path) -> None:
        Send.objects.update(candidates=6)
        path = tmp_path / "wrong.zip"
        path.write_bytes(b"".join(author_page.get(f"/studio/sends/{send.pk}/certificate.zip").streaming_content))  # type: ignore[attr-defined]
        with pytest.raises(CommandError, match="not everyone is accounted for"):
            verified(path)

    def test_counts_copies_that_were_removed_for_their_age(self, send: Send, author_page: Client, tmp_path: Path) -> None:
        Delivery.objects.filter(state="sent").delete()
        Send.objects.update(summary={"sent": 3})
        path = tmp_path / "old.zip"
        path.write_bytes(b"".join(author_page.get(f"/studio/sends/{send.pk}/certificate.zip").streaming_content))  # type: ignore[attr-defined]
        assert "3  sent" in verified(path)

    def test_is_not_given_before_it_is_over(self, send: Send, author_page: Client) -> None:
        Send.objects.update(state="sending")
        page = author_page.get(f"/studio/sends/{send.pk}/certificate.zip", follow=True)
        assert "certified once it is over" in page.content.decode()

    def test_is_not_for_others(self, send: Send, client: Client) -> None:
        client.force_login(factories.person("olaf", Role.AUTHOR))
        assert client.get(f"/studio/sends/{send.pk}/certificate.zip").status_code == 403

    @pytest.mark.parametrize("octets", [b"", b"PK\x03\x04", b"not a zip"])
    def test_is_nothing_else(self, octets: bytes, tmp_path: Path) -> None:
        path = tmp_path / "x.zip"
        path.write_bytes(octets)
        with pytest.raises(CommandError, match=r"x\.zip is not a certificate"):
            verified(path)
