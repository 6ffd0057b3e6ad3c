"""The tables of this room."""

from app.notices.models.change import AddressChange
from app.notices.models.notice import Kind, Notice
from app.notices.models.watch import Watch

__all__ = ["AddressChange", "Kind", "Notice", "Watch"]
