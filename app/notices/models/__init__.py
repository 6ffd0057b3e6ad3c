"""The tables of this room."""

from app.notices.models.notice import Kind, Notice
from app.notices.models.watch import Watch

__all__ = ["Kind", "Notice", "Watch"]
