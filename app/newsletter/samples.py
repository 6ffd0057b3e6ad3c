"""The mail of a post before it is mailed: as a page shows it, and as a test in the writer's own inbox."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from app.blog.models import Post, Status
from app.mail.errors import Unknown, Unreachable
from app.mail.message import Letter, encode
from app.mail.rendering import link, render
from app.mail.submission import OPEN, SubmissionState, submit
from app.mail.transport import Transport
from app.newsletter.identity import identity
from app.newsletter.letters import post_context
from app.newsletter.models import SampleMail
from app.outbound import breaker
from app.site.pages import SUBSCRIBE
from app.site.speaking import speaking
from owed import clock


def shown(post: Post, *, preview: str = "", on_site: bool = True) -> tuple[str, str]:
    """Return text and HTML of the post's mail, as if it were published now, in the publication's language.

    The unsubscribe link leads to the Subscribe page: a test email must not unsubscribe anyone.
    """
    with speaking():
        return _shown(post, preview=preview, on_site=on_site)


def _shown(post: Post, *, preview: str, on_site: bool) -> tuple[str, str]:
    context = post_context(post.pk)
    read: Post = context["post"]
    read.published_at = read.published_at or clock.now()
    read.status = Status.PUBLISHED if on_site else Status.MAILED
    worded = {"preheader": preview} if preview else {}
    return render("newsletter/mail/post", {**context, **worded, "unsubscribe_url": link(SUBSCRIBE.url())})


def send_sample(sample_id: int) -> None:
    """Send one test mail, at most once. Raises Rejected, Unreachable to be tried again."""
    sample = SampleMail.objects.select_related("post__author__profile", "recipient").filter(pk=sample_id).first()
    if sample is None:
        return
    if not sample.recipient.email or not sample.recipient.is_active:
        sample.drop(SubmissionState.SKIPPED, "no address, or no longer active")
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(sample, lambda: encode(_letter(sample), at=clock.now()), transport)


def forget_samples(age: timedelta) -> int:
    """Remove test mails that were asked for so long ago and are over. Return how many rows went."""
    old = SampleMail.objects.filter(created_at__lt=clock.now() - age).exclude(state__in=OPEN)
    return old.delete()[0]


def _letter(sample: SampleMail) -> Letter:
    post, ours = sample.post, identity(sample.post.author)
    text, html = shown(post, preview=sample.preview, on_site=post.on_site)
    return Letter(
        sender=ours.sender,
        recipient=sample.recipient.email,
        subject=_("[Test] %(subject)s") % {"subject": sample.subject or post.title},
        text=text,
        html=html,
        message_id=sample.message_id,
        headers=ours.headers,
    )
