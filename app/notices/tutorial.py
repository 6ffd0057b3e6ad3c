"""The effect functions of the tutorial that belong to this room, under its names. Each is safe to do twice."""

from __future__ import annotations

from app.accounts.models import User
from app.blog.models import Comment, Post
from app.notices import telling
from app.notices.onboarding import start_onboarding


def send_post_notification(post: Post | int) -> None:
    """Tell the editors who watch of a draft. Readers hear of a post when it is public."""
    telling.notify_editors(_pk(post))


def send_comment_notification(comment: Comment | int) -> None:
    """Tell the post's author and the thread of a visible comment."""
    telling.notify_comment(_pk(comment))


def send_like_notification(post: Post | int, user: User | int) -> None:
    """Tell the author of a like."""
    telling.notify_like(_pk(post), _pk(user))


def send_welcome_email(user: User | int) -> None:
    """Greet somebody who joined on the site."""
    telling.welcome(_pk(user))


def start_onboarding_sequence(user: User | int) -> None:
    """Begin the mails of the first days."""
    start_onboarding(_pk(user))


def _pk(subject: Post | Comment | User | int) -> int:
    return subject if isinstance(subject, int) else subject.pk
