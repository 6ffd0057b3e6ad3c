"""DKIM (RFC 6376, 8301, 8463): a signature for each key, over the headers that matter and the whole body, relaxed/relaxed.

Signed here and not by a library, as the body of a newsletter is the same for thousands but for a few octets: it is canonical
already when a copy is signed, and OpenSSL signs.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

from app.mail.dkim_keys import DkimKey, signing_domain, signing_keys

SIGNED = (
    b"from", b"reply-to", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"auto-submitted", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
    b"list-subscribe", b"list-archive", b"list-owner",
)  # fmt: skip
# Named once more than they are there: a second one that is added on the way breaks the signature.
FROZEN = (
    b"from", b"reply-to", b"to", b"subject", b"date", b"message-id", b"content-type", b"list-unsubscribe",
    b"list-unsubscribe-post",
)  # fmt: skip
SPACE = re.compile(rb"[ \t]+")
HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r]|\r\n[ \t])*)\r\n")
WIDTH = 72


def signed(data: bytes) -> bytes:
    """Return a message with a signature for each key before it; as it is where no key is set. Raises BadKey."""
    if not signing_keys():
        return data
    head, _, body = data.partition(b"\r\n\r\n")
    return signatures(head + b"\r\n", canonical_body(body)) + data


def canonical_body(body: bytes) -> bytes:
    """Return the octets of a body that are hashed (RFC 6376, 3.4.4)."""
    text = SPACE.sub(b" ", body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return text + b"\r\n" if text else b""


def signatures(head: bytes, body: bytes) -> bytes:
    """Return the headers DKIM-Signature of a message with these headers and this canonical body."""
    fields = dict(_fields(head))
    names = [name for name in SIGNED if name in fields]
    covered = b"".join(fields[name] for name in names)
    listed = [name.decode() for name in (*names, *FROZEN)]
    hashed, at = b64encode(sha256(body).digest()).decode(), int(time.time())
    return b"".join(_signature(key, covered, listed, hashed, at) for key in signing_keys())


def _signature(key: DkimKey, covered: bytes, listed: list[str], hashed: str, at: int) -> bytes:
    lines = [
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed; d={signing_domain()};",
        f"s={key.selector}; t={at};",
        *_folded(listed),
        f"bh={hashed};",
        "b=",
    ]
    unsigned = "\r\n ".join(lines).encode()
    [(_, canonical)] = _fields(unsigned + b"\r\n")
    text = covered + canonical.removesuffix(b"\r\n")
    made = b64encode(key.sign(text, sha256(text).digest())).decode()
    return unsigned + "\r\n ".join(made[at : at + WIDTH] for at in range(0, len(made), WIDTH)).encode() + b"\r\n"


def _folded(listed: list[str]) -> Iterator[str]:
    """Yield the tag h in lines."""
    line = f"h={listed[0]}"
    for name in listed[1:]:
        if len(line) + len(name) > WIDTH:
            yield f"{line}:"
            line = name
        else:
            line += f":{name}"
    yield f"{line};"


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each header's name in lower case, and the header as it is hashed (RFC 6376, 3.4.2)."""
    for name, value in HEADER.findall(head):
        text = SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip(b" \t")
        yield name.lower(), name.lower() + b":" + text + b"\r\n"
