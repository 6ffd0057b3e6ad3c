"""Leave metadata out of image files without touching a pixel: position, camera, thumbnail, comments, edits."""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack, unpack

SOS, EOI = 0xDA, 0xD9
STANDALONE = {0x01, *range(0xD0, 0xD8)}
JPEG_APPLICATION, JPEG_COMMENT = range(0xE0, 0xF0), 0xFE
# What a decoder needs: JFIF's density, the colour profile, and how Adobe's programs encoded the colours.
JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_DROPPED = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"dSIG", b"caBX"}
WEBP_DROPPED = {b"EXIF", b"XMP ", b"C2PA"}
WEBP_FLAGS_OF_METADATA = 0x08 | 0x04


def without_metadata(content: bytes, name: str) -> bytes:
    """Return the file without metadata. `name` is Pillow's name of its format. GIF files stay as they are: they hold no EXIF.

    Raises ValueError, IndexError or struct.error for a file that is damaged.
    """
    strip = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}.get(name)
    return b"".join(strip(content)) if strip else content


def _jpeg(content: bytes) -> Iterator[bytes]:
    """Yield the segments of the first picture that a decoder needs, and its pixels as they are."""
    position = 2
    yield content[:2]
    while True:
        while content[position + 1] == 0xFF:
            position += 1
        marker = content[position + 1]
        if content[position] != 0xFF:
            raise ValueError("no marker where one belongs")
        if marker in STANDALONE:
            position += 2
            continue
        if marker == EOI:
            yield content[position : position + 2]
            return
        end = position + 2 + unpack(">H", content[position + 2 : position + 4])[0]
        if marker == SOS:
            end = _after_scan(content, end)
        if _is_needed(marker, content[position + 4 : position + 20]):
            yield content[position:end]
        position = end
        if position >= len(content) - 1:
            return


def _after_scan(content: bytes, position: int) -> int:
    """Return where the next marker after the compressed pixels is, or the end of a file that was cut off."""
    while True:
        position = content.find(b"\xff", position)
        if position < 0 or position + 1 >= len(content):
            return len(content)
        if content[position + 1] != 0 and content[position + 1] not in STANDALONE:
            return position
        position += 2


def _is_needed(marker: int, begins: bytes) -> bool:
    if marker == JPEG_COMMENT:
        return False
    return marker not in JPEG_APPLICATION or (marker in JPEG_KEPT and begins.startswith(JPEG_KEPT[marker]))


def _png(content: bytes) -> Iterator[bytes]:
    position = len(PNG_SIGNATURE)
    yield content[:position]
    while position + 8 <= len(content):
        length, kind = unpack(">I4s", content[position : position + 8])
        end = position + 12 + length
        if kind not in PNG_DROPPED:
            yield content[position:end]
        if kind == b"IEND":
            return
        position = end


def _webp(content: bytes) -> Iterator[bytes]:
    body = b"".join(_webp_chunks(content))
    yield b"RIFF" + pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    position = 12
    while position + 8 <= len(content):
        kind, length = unpack("<4sI", content[position : position + 8])
        end = position + 8 + length + (length & 1)
        chunk = content[position:end]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_FLAGS_OF_METADATA]) + chunk[9:]
        if kind not in WEBP_DROPPED:
            yield chunk + b"\0" * (len(chunk) & 1)
        position = end
