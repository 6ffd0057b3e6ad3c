"""Mail: a post to its readers, and notices to those whom something concerns."""

from datetime import datetime

from app.blog.models import Post
from app.members.email_confirmation import ask_confirmation
from app.members.password_changed import notify_password_changed
from app.members.password_reset import send_reset_link
from app.newsletter import announcing, delivering
from app.newsletter.announcing import send_publication_notifications
from app.notices import sending
from app.notices.kinds import onboarding
from app.notices.kinds.comment import send_comment_notification
from app.notices.kinds.draft import send_post_notification
from app.notices.kinds.like import send_like_notification
from app.notices.kinds.onboarding import start_onboarding_sequence
from app.notices.kinds.welcome import send_welcome_email
from owed import clock
from owed.celery import effect

TWO_DAYS_OF_TRIES = 56


@effect("email.announce")
def announce(*, post_id: int) -> None:
    """Open the send of a post that has just become public."""
    for post in Post.objects.filter(pk=post_id):
        send_publication_notifications(post)


@effect("email.page")
def page(*, send_id: int, after: int) -> None:
    """Write the deliveries of the next 500 readers, and owe their mails and the next page."""
    announcing.expand(send_id, after=after)


@effect("email.deliver", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES)
def deliver(*, delivery_ids: list[int]) -> None:
    """Send these copies, each at most once."""
    delivering.deliver(delivery_ids)


@effect("email.confirm", kind="external", timeout=60)
def confirm(*, confirmation_id: int) -> None:
    """Ask an address whether its subscription was meant."""
    delivering.confirm(confirmation_id)


@effect("email.notice", kind="external", timeout=60, max_attempts=TWO_DAYS_OF_TRIES)
def notice(*, notice_id: int) -> None:
    """Send one notice, or the digest that it leads, at most once."""
    sending.send_notice(notice_id)


@effect("email.comment")
def comment(*, comment_id: int) -> None:
    """Owe notices to the post's author and the thread."""
    send_comment_notification(comment_id)


@effect("email.like")
def like(*, post_id: int, user_id: int) -> None:
    """Owe the author a notice of a like."""
    send_like_notification(post_id, user_id)


@effect("email.address")
def address(*, user_id: int) -> None:
    """Owe somebody who joined on the site the question whether the address is theirs."""
    ask_confirmation(user_id)


@effect("email.reset")
def reset(*, user_id: int) -> None:
    """Owe somebody who forgot the password a link to set another."""
    send_reset_link(user_id, now=clock.now())


@effect("email.password")
def password(*, user_id: int, at: str) -> None:
    """Owe somebody the news that their password was changed."""
    notify_password_changed(user_id, datetime.fromisoformat(at))


@effect("email.welcome")
def welcome(*, user_id: int) -> None:
    """Owe a greeting to somebody who joined on the site and confirmed the address."""
    send_welcome_email(user_id)


@effect("email.review")
def review(*, post_id: int) -> None:
    """Owe notices of a draft to the editors who watch."""
    send_post_notification(post_id)


@effect("email.begin")
def begin(*, user_id: int) -> None:
    """Owe the first of the mails of the first days."""
    start_onboarding_sequence(user_id)


@effect("email.onboarding")
def onboard(*, user_id: int, step: str) -> None:
    """Tell one of the first steps when its day has come."""
    onboarding.onboard(user_id, step, now=clock.now())
