"""A certificate of a mailing: what was mailed, to whom by which rule, and what became of every copy, signed by this site.

A ZIP with `copies.csv`, a line for each copy, and `mailing.json`, which is signed and holds the digest of the other. No address
is in it.
"""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from io import RawIOBase, StringIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.crypto import salted_hmac

from app.blog.models import Post
from app.mail.rendering import link
from app.newsletter.errors import NotOver
from app.newsletter.models import Delivery, Send
from app.newsletter.models.keys import digest
from owed import clock

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

FORMAT = "afterword mailing certificate 1"
COPIES, MAILING = "copies.csv", "mailing.json"
RECIPIENT = "newsletter.certificate"  # salt of the digests of addresses
PAGE = 1000
COLUMNS = (
    "message_id", "state", "error", "attempts", "submitted_at", "finished_at", "digest_message_id", "digest_state",
    "recipient", "source", "consented_at", "consent_sha256", "consent_ip_digest", "confirmed_at",
)  # fmt: skip


def certify(send: Send) -> Iterator[bytes]:
    """Return the octets of the ZIP, a page of copies at a time. Raises NotOver."""
    if not send.is_over:
        raise NotOver
    return _written(send)


def public_key(secret: str) -> str:
    """Return the key with which others check what a site with this secret key has signed."""
    return b64encode(_signer(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def canonical(facts: dict[str, Any]) -> bytes:
    """Return the octets that are signed: the object without its signature, names sorted, without spaces."""
    unsigned = {name: value for name, value in facts.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_digest(post_id: int) -> str:
    """Return the digest of a post's text as it is now: its title, excerpt and Markdown, with line breaks between them."""
    found = Post.objects.filter(pk=post_id).values_list("title", "excerpt", "content").first()
    return sha256("\n".join(found).encode()).hexdigest() if found else ""


def recipient_digest(email: str) -> str:
    """Return what stands for an address: it proves one to those who know it and have the secret key, and shows none."""
    return digest(email.lower(), salt=RECIPIENT)


def _written(send: Send) -> Iterator[bytes]:
    target = _Pipe()
    seen, counts, hashed = Send.objects.values("summary", "state").get(pk=send.pk), Counter[str](), sha256()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        with archive.open(COPIES, "w", force_zip64=True) as file:
            for lines in _copies(send, counts):
                hashed.update(lines)
                file.write(lines)
                yield target.taken()
        facts = _facts(send, counts, hashed.hexdigest())
        facts["changed_meanwhile"] = seen != Send.objects.values("summary", "state").get(pk=send.pk)
        signed = {**facts, "signature": b64encode(_signer(settings.SECRET_KEY).sign(canonical(facts))).decode()}
        archive.writestr(MAILING, json.dumps(signed, indent=1, ensure_ascii=False) + "\n")
    yield target.taken()


def _copies(send: Send, counts: Counter[str]) -> Iterator[bytes]:
    """Yield lines of CSV, and count the copies by state."""
    yield _lines([COLUMNS])
    last, owed = 0, Delivery.objects.filter(send=send).select_related("subscriber", "digest").order_by("pk")
    while rows := list(owed.filter(pk__gt=last)[:PAGE]):
        counts.update(row.state for row in rows)
        yield _lines(_cells(row) for row in rows)
        last = rows[-1].pk


def _cells(row: Delivery) -> list[str]:
    reader, facts = row.subscriber, [row.message_id, row.state, row.error, row.attempts, row.submitted_at, row.finished_at]
    facts += [row.digest.message_id, row.digest.state] if row.digest else ["", ""]
    # An erased reader leaves the copy, and no proof.
    if reader:
        consent = sha256(reader.consent_text.encode()).hexdigest() if reader.consent_text else ""
        facts += [recipient_digest(reader.email), reader.source, reader.consented_at, consent, reader.consent_ip_digest]
        facts += [reader.confirmed_at]
    return [_cell(value) for value in facts] + [""] * (len(COLUMNS) - len(facts))


def _facts(send: Send, counts: Counter[str], copies: str) -> dict[str, Any]:
    post = send.post
    return {
        "format": FORMAT,
        "site": settings.SITE_URL,
        "issued_at": _cell(clock.now()),
        "mailing": {
            "id": send.pk, "round": send.round, "state": send.state, "created_at": _cell(send.created_at),
            "starts_at": _cell(send.starts_at), "finished_at": _cell(send.finished_at),
        },
        "post": {"id": post.pk, "guid": post.guid, "title": post.title, "url": link(post.get_absolute_url())},
        "content": {
            "subject": send.subject or post.title, "preview": send.preview, "sha256": send.content_digest,
            "sha256_now": content_digest(post.pk),
        },
        "audience": {"name": send.audience, "filters": send.filters},
        "candidates": send.candidates,
        "copies": {"sha256": copies, "by_state": dict(sorted(counts.items()))},
        "removed_for_their_age": send.summary,
        "public_key": public_key(settings.SECRET_KEY),
    }  # fmt: skip


def _lines(rows: Any) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else "" if value is None else str(value)


def _signer(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        salted_hmac("newsletter.certificate.key", "ed25519", secret=secret, algorithm="sha256").digest()
    )


class _Pipe(RawIOBase):
    """What a ZIP is written to: it gives back what was written since the last time."""

    def __init__(self) -> None:
        super().__init__()
        self._octets = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, octets: Buffer) -> int:
        self._octets += octets
        return memoryview(octets).nbytes

    def taken(self) -> bytes:
        taken, self._octets = bytes(self._octets), bytearray()
        return taken
