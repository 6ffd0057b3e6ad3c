"""What the clock owes: publishing what is due, and keeping the tables small."""

from datetime import timedelta

from django.conf import settings
from django.core.management import call_command

from app.audit import delivery_proof
from app.blog import spam
from app.blog.models import Post
from app.members import email_change, erasure
from owed import clock, periods, purging
from owed.celery import effect


@effect("upkeep.publish_scheduled")
def publish_scheduled(*, post_id: int) -> None:
    """Publish a post whose time has come; one that was moved or withdrawn is left alone."""
    Post.objects.filter(pk=post_id).publish_due(clock.now())


@effect("upkeep.publish_due")
def publish_due() -> None:
    """Publish every scheduled post whose time has come, whatever became of its own effect."""
    Post.objects.publish_due(clock.now())


@effect("upkeep.purge_effects", kind="external", timeout=300)
def purge_effects() -> None:
    """Remove done effects that are older than the retention time."""
    purging.purge(settings.EFFECTS_RETENTION)
    periods.forget_past_periods()


@effect("upkeep.purge_results", kind="external", timeout=300)
def purge_results() -> None:
    """Remove Celery results that are older than a week."""
    purging.purge_results(timedelta(days=7))


@effect("upkeep.prove")
def prove() -> None:
    """Look for what every recent post should have reached, and raise an alarm where it did not."""
    delivery_proof.prove(now=clock.now())


@effect("upkeep.clear_sessions", kind="external", timeout=300)
def clear_sessions() -> None:
    """Remove sessions that have ended."""
    call_command("clearsessions")


@effect("upkeep.forget_addresses")
def forget_addresses() -> None:
    """Remove changes of address that were asked for a week ago."""
    email_change.forget_old_changes(clock.now())


@effect("upkeep.judge_comment")
def judge_comment(*, comment_id: int) -> None:
    """File a guest's comment as spam when it looks like it."""
    spam.judge(comment_id)


@effect("upkeep.erase_user", timeout=120)
def erase_user(*, user_id: int) -> None:
    """Remove the next part of a closed account, and owe the rest."""
    erasure.erase(user_id)
