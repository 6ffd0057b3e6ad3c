"""What the clock owes: publishing what is due, and keeping the tables small."""

from datetime import timedelta

from django.conf import settings
from django.core.management import call_command

from app.accounts import effects as accounts
from app.audit import delivery_proof
from app.blog import effects as blog
from app.blog import spam
from app.blog.models import Post
from app.members import email_change, erasure
from owed import clock, periods, purging, task
from owed.contrib import celery_results


@blog.publish_scheduled.runs
def publish_scheduled(*, post_id: int) -> None:
    # The post may have another time by now, or none: only what is due by the database is published.
    Post.objects.filter(pk=post_id).publish_due(clock.now())


@task("upkeep.publish_due")
def publish_due() -> None:
    """Publish every scheduled post whose time has come, whatever became of its own effect."""
    Post.objects.publish_due(clock.now())


@task("upkeep.purge_effects", kind="external", timeout=300)
def purge_effects() -> None:
    """Remove done effects that are older than the retention time."""
    purging.purge(settings.OWED_RETENTION)
    periods.forget_past_periods()


@task("upkeep.purge_results", kind="external", timeout=300)
def purge_results() -> None:
    """Remove Celery results that are older than a week."""
    celery_results.purge(timedelta(days=7))


@task("upkeep.prove")
def prove() -> None:
    """Look for what every recent post should have reached, and raise an alarm where it did not."""
    delivery_proof.prove(now=clock.now())


@task("upkeep.clear_sessions", kind="external", timeout=300)
def clear_sessions() -> None:
    """Remove sessions that have ended."""
    call_command("clearsessions")


@task("upkeep.forget_addresses")
def forget_addresses() -> None:
    """Remove changes of address that were asked for a week ago."""
    email_change.forget_old_changes(clock.now())


@blog.judge_comment.runs
def judge_comment(*, comment_id: int) -> None:
    spam.judge(comment_id)


@accounts.erase_user.runs
def erase_user(*, user_id: int) -> None:
    erasure.erase(user_id)
