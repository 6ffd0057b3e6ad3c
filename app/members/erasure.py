"""A closed account goes for good: part by part, each an effect that owes the next, so that no transaction is long."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import transaction

from app.accounts.effects import erase_user
from app.accounts.models import User
from app.blog.deletion import take_likes, take_names
from app.blog.media_deletion import give_up
from app.blog.models import Post, Revision, WorkingCopy
from app.newsletter.models import Subscriber
from app.notices.models import Notice
from owed import owe

POSTS = 50
ROWS = 500


@transaction.atomic
def erase(user_id: int) -> None:
    """Remove the next part of what a closed account holds, and owe the rest; last the user.

    Safe to do twice: each part is looked up again. An account that was opened again is left alone.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=False).first()
    if user is None:
        return
    if not any(part(user_id) for part in PARTS):
        _erase_person(user)
        return
    owe(erase_user.si(user_id=user_id), about=user)


def _posts(user_id: int) -> int:
    """Delete up to 50 posts, fewer where many comments go with them. Feeds, search and files follow by their own effects."""
    page, comments = [], 0
    for pk, said in Post.objects.filter(author=user_id).order_by("pk").values_list("pk", "comment_count")[:POSTS]:
        page.append(pk)
        comments += said
        if comments > ROWS:
            break
    return Post.objects.filter(pk__in=page).delete()[0] if page else 0


def _likes(user_id: int) -> int:
    return take_likes(user_id, ROWS)


def _names(user_id: int) -> int:
    return take_names(user_id, ROWS)


def _revisions(user_id: int) -> int:
    """Remove the name from the revisions of other people's posts; the text stays, as that of a comment does."""
    page = Revision.objects.filter(saved_by=user_id).order_by("pk").values_list("pk", flat=True)[:ROWS]
    return Revision.objects.filter(pk__in=list(page)).update(saved_by=None)


def _working_copies(user_id: int) -> int:
    page = WorkingCopy.objects.filter(writer=user_id).order_by("pk").values_list("pk", flat=True)[:POSTS]
    return WorkingCopy.objects.filter(pk__in=list(page)).delete()[0]


def _notices(user_id: int) -> int:
    page = Notice.objects.filter(recipient=user_id).order_by("pk").values_list("pk", flat=True)[:ROWS]
    return Notice.objects.filter(pk__in=list(page)).delete()[0]


def _files(user_id: int) -> int:
    """Give up what was uploaded; what no one else uses goes."""
    return give_up(User.objects.get(pk=user_id), ROWS)


PARTS = (_posts, _likes, _names, _revisions, _working_copies, _notices, _files)


def _erase_person(user: User) -> None:
    """Delete the user with profile, tokens, activity and subscription. Deliveries stay, without a subscriber."""
    for subscriber in Subscriber.objects.filter(user=user).order_by("pk"):
        subscriber.erase()
    if user.profile.avatar:
        # Before the commit: should it fail, the row is still there and the next run meets a file that is gone already.
        default_storage.delete(str(user.profile.avatar.name))
    user.delete()
