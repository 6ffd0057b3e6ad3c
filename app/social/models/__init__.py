"""The tables of this room."""

from app.social.models.account import Account
from app.social.models.choice import ShareChoice
from app.social.models.dummy_post import DummyPost
from app.social.models.social_post import ShareState, SocialPost

__all__ = ["Account", "DummyPost", "ShareChoice", "ShareState", "SocialPost"]
