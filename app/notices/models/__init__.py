"""The tables of this room."""

from app.notices.models.alarm import Alarm
from app.notices.models.notice import Notice
from app.notices.models.watch import Watch

__all__ = ["Alarm", "Notice", "Watch"]
