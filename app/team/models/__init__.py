"""The tables of this room."""

from app.team.models.invitation import Invitation, Outcome
from app.team.models.review import Note, Review, waiting
from app.team.models.topic import TopicRedirect

__all__ = ["Invitation", "Note", "Outcome", "Review", "TopicRedirect", "waiting"]
