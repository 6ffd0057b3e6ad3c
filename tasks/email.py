"""Mail: a post to its readers, and notices to those whom something concerns."""

from datetime import datetime

from app.blog.models import Post
from app.members import effects as members
from app.members.email_confirmation import ask_confirmation
from app.members.password_changed import notify_password_changed
from app.members.password_reset import send_reset_link
from app.newsletter import announcing, delivering, digest_sending, greeting, samples
from app.newsletter import digests as due_digests
from app.newsletter import effects as newsletter
from app.newsletter.announcing import send_publication_notifications
from app.notices import effects as notices
from app.notices import sending
from app.notices.kinds import onboarding
from app.notices.kinds.comment import send_comment_notification
from app.notices.kinds.draft import send_post_notification
from app.notices.kinds.like import send_like_notification
from app.notices.kinds.onboarding import start_onboarding_sequence
from app.notices.kinds.refusals import send_refusals_notification
from app.notices.kinds.welcome import send_welcome_email
from app.team import effects as team
from app.team import review_notices
from app.team.invitation_mail import send_invitation
from owed import clock, task


@newsletter.announce.runs
def announce(*, post_id: int) -> None:
    # Deleted since? Then there is nothing to announce, and nothing to fail about.
    for post in Post.objects.filter(pk=post_id):
        send_publication_notifications(post)


@newsletter.page.runs
def page(*, send_id: int, after: int) -> None:
    announcing.expand(send_id, after=after)


@newsletter.deliver.runs
def deliver(*, delivery_ids: list[int]) -> None:
    delivering.deliver(delivery_ids)


@newsletter.digests.runs
def digests(*, digest_ids: list[int]) -> None:
    digest_sending.send_digests(digest_ids)


@task("email.make_digests", kind="external", timeout=300)
def make_digests() -> None:
    """Put the posts that wait for readers of daily and weekly digests into one mail each, where it is due."""
    due_digests.make_due()


@newsletter.stopped.runs
def stopped(*, post_id: int, send_id: int, at: int) -> None:
    send_refusals_notification(post_id, send_id, at)


@newsletter.confirm.runs
def confirm(*, confirmation_id: int) -> None:
    delivering.confirm(confirmation_id)


@newsletter.greet.runs
def greet(*, greeting_id: int) -> None:
    greeting.greet(greeting_id)


@newsletter.sample.runs
def sample(*, sample_id: int) -> None:
    samples.send_sample(sample_id)


@notices.notice.runs
def notice(*, notice_id: int) -> None:
    sending.send_notice(notice_id)


@notices.comment.runs
def comment(*, comment_id: int) -> None:
    send_comment_notification(comment_id)


@notices.like.runs
def like(*, post_id: int, user_id: int) -> None:
    send_like_notification(post_id, user_id)


@members.address.runs
def address(*, user_id: int) -> None:
    ask_confirmation(user_id)


@members.reset.runs
def reset(*, user_id: int) -> None:
    send_reset_link(user_id, now=clock.now())


@members.password.runs
def password(*, user_id: int, at: str) -> None:
    notify_password_changed(user_id, datetime.fromisoformat(at))


@notices.welcome.runs
def welcome(*, user_id: int) -> None:
    send_welcome_email(user_id)


@notices.review.runs
def review(*, post_id: int) -> None:
    send_post_notification(post_id)


@notices.begin.runs
def begin(*, user_id: int) -> None:
    start_onboarding_sequence(user_id)


@notices.onboarding.runs
def onboard(*, user_id: int, step: str) -> None:
    onboarding.onboard(user_id, step, now=clock.now())


@team.invite.runs
def invite(*, invitation_id: int) -> None:
    send_invitation(invitation_id)


@team.submitted.runs
def submitted(*, post_id: int, round: int) -> None:
    review_notices.notify_editors(post_id, round)


@team.noted.runs
def noted(*, note_id: int) -> None:
    review_notices.notify_of_note(note_id)


@team.assigned.runs
def assigned(*, post_id: int, user_id: int, by_id: int, at: int) -> None:
    review_notices.notify_assignee(post_id, user_id, by_id, at)
