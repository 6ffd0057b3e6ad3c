"""Quoted-printable (RFC 2045) in which a text that is to be replaced later has a line of its own."""

from __future__ import annotations

import binascii

LONGEST = 76
SOFT_BREAK = b"=\n"


def quoted_printable(text: str, apart: str = "") -> str:
    """Return the text, its lines ended by LF, with a soft line break before and after each `apart` within a line.

    `apart` is plain ASCII without `=`, of at most 75 characters.
    """
    pieces = text.encode("utf-8", "replace").split(apart.encode()) if apart else [text.encode("utf-8", "replace")]
    encoded = [_open_ended(piece) for piece in pieces[:-1]] + [_encoded(pieces[-1])]
    whole = encoded[0]
    for piece in encoded[1:]:
        before = b"" if whole.endswith(b"\n") or not whole else SOFT_BREAK
        after = b"" if piece.startswith(b"\n") or not piece else SOFT_BREAK
        whole += before + apart.encode() + after + piece
    return whole.decode("ascii")


def _encoded(text: bytes) -> bytes:
    return binascii.b2a_qp(text, istext=True)


def _open_ended(text: bytes) -> bytes:
    """Return it encoded, with room for a soft line break at the end of the last line."""
    encoded = _encoded(text)
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start < LONGEST:
        return encoded
    at = len(encoded) - 3
    # Not within =XX.
    while b"=" in encoded[at - 2 : at]:
        at -= 1
    return encoded[:at] + SOFT_BREAK + encoded[at:]
