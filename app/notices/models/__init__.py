"""The tables of this room."""

from app.notices.models.notice import Notice
from app.notices.models.watch import Watch

__all__ = ["Notice", "Watch"]
