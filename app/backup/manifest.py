"""What a backup says of itself: when and by what it was made, what it holds, and which keys it needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.backup.errors import BadBackup

FORMAT = 1
UNREADABLE = gettext_lazy("Its manifest cannot be read: it is damaged, or was not made by `manage.py backup`.")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file of the archive: its size in bytes, and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`made_at` is when the dump began, by the database's clock. `migrations` are the last ones of each app, `keys`
    fingerprints by name, `counts` rows by what they are, `media` the number and the bytes of the media files,
    `media_missing` those that were gone while they were copied."""

    made_at: datetime
    site: str
    versions: dict[str, str]
    migrations: dict[str, str]
    keys: dict[str, str]
    counts: dict[str, int]
    database: Part
    digests: Part
    media: dict[str, int]
    media_missing: list[str] = field(default_factory=list)
    format: int = FORMAT

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), default=datetime.isoformat, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Raises BadBackup."""
        try:
            values: dict[str, Any] = json.loads(text)
            if values["format"] > FORMAT:
                raise BadBackup(_("It has a later format than this release reads. Use a later release."))
            parts = {name: Part(**values[name]) for name in ("database", "digests")}
            made = cls(**{**values, **parts, "made_at": datetime.fromisoformat(values["made_at"])})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadBackup(UNREADABLE) from error
        if made.made_at.tzinfo is None or not {"files", "bytes"} <= made.media.keys():
            raise BadBackup(UNREADABLE)
        return made
