"""Kinds of notice, one to a file: what the mail says, whom it reaches, what stops it. docs/howto/add-a-notice.md shows one."""

from app.notices.kinds.base import KINDS, Kind, UnknownKind, discover, get, register

__all__ = ["KINDS", "Kind", "UnknownKind", "discover", "get", "register"]
