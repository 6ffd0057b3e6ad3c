"""The team: invitations, letters to editors, and posts that get another author."""

from app.team import effects, members, review_notices, topics
from app.team.invitation_mail import send_invitation


@effects.invite.runs
def invite(*, invitation_id: int) -> None:
    send_invitation(invitation_id)


@effects.submitted.runs
def submitted(*, post_id: int, round: int) -> None:
    review_notices.notify_editors(post_id, round)


@effects.noted.runs
def noted(*, note_id: int) -> None:
    review_notices.notify_of_note(note_id)


@effects.assigned.runs
def assigned(*, post_id: int, user_id: int, by_id: int, at: int) -> None:
    review_notices.notify_assignee(post_id, user_id, by_id, at)


@effects.transfer_posts.runs
def transfer_posts(*, from_id: int, to_id: int, up_to: int) -> None:
    members.move_posts(from_id, to_id, up_to)


@effects.merge_topic.runs
def merge_topic(*, kind: str, from_id: int, into_id: int) -> None:
    topics.merge_some(topics.known(kind), from_id, into_id)
