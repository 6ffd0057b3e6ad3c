"""A post's mail to one reader, encoded as a whole."""

from __future__ import annotations

from app.blog.models import Post
from app.mail.compiled import Addressee
from app.mail.message import Mail, encode
from app.newsletter.letters import post_context, post_letter
from app.newsletter.models import Subscriber
from owed import clock


def mail_to(subscriber: Subscriber, post: Post) -> Mail:
    reader = Addressee(email=subscriber.email, name=subscriber.name, token=subscriber.token, message_id="<1@example.org>")
    return encode(post_letter(post_context(post.pk), post.title, reader), at=clock.now())
