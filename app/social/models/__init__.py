"""The tables of this room."""

from app.social.models.account import Account
from app.social.models.dummy_post import DummyPost
from app.social.models.social_post import SocialPost, State

__all__ = ["Account", "DummyPost", "SocialPost", "State"]
