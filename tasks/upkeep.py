"""What the clock owes: publishing what is due, and keeping the tables small."""

from django.conf import settings
from django.core.management import call_command

from app.accounts import effects as accounts
from app.audit import delivery_proof
from app.blog import effects as blog
from app.blog import planned, spam
from app.blog.retention import forget_writing
from app.exporter import effects as exporter
from app.exporter import work as exports
from app.importer import effects as importer
from app.importer import undo, work
from app.log.models import Entry
from app.members import email_change, erasure
from app.newsletter import effects as newsletter
from app.newsletter import mail_check
from app.newsletter.bounce_mailbox import read_bounce_mailbox
from app.newsletter.lists import importing
from app.newsletter.retention import forget_confirmations, forget_deliveries, forget_digests
from app.newsletter.samples import forget_samples
from app.notices.kinds.failed_effects import report_failures
from app.notices.kinds.late_effects import report_lateness
from app.notices.retention import forget_notices
from app.social.retention import forget_shares
from app.team import effects as team
from app.team import members, topics
from app.team.models import Invitation
from app.webhooks.models import Call
from owed import clock, heartbeat, limits, pausing, periods, purging, rolling_up, task
from owed.contrib import celery_results

HISTORIES = (
    (forget_deliveries, "DELIVERIES_RETENTION"),
    (forget_digests, "DELIVERIES_RETENTION"),
    (forget_confirmations, "CONFIRMATIONS_RETENTION"),
    (forget_samples, "CONFIRMATIONS_RETENTION"),
    (forget_notices, "NOTICES_RETENTION"),
    (forget_shares, "SHARES_RETENTION"),
    (Call.objects.forget, "SHARES_RETENTION"),
    (Entry.objects.forget, "LOG_RETENTION"),
)
"""What is forgotten, and the setting that says after how long."""


@blog.publish_scheduled.runs
def publish_scheduled(*, post_id: int) -> None:
    # The post may have another time by now, or none: only what is due by the database is published.
    planned.publish(post_id, clock.now())


@task("upkeep.publish_due")
def publish_due() -> None:
    """Publish every scheduled post whose time has come, whatever became of its own effect, unless a person keeps it back."""
    planned.publish_due(clock.now())


@task("upkeep.purge_effects", kind="external", timeout=300)
def purge_effects() -> None:
    """Remove done effects that are older than the retention time; owe again what a killed resume left aside."""
    purging.purge(settings.OWED_RETENTION)
    pausing.unpark()
    limits.forget()
    periods.forget_past_periods()
    heartbeat.forget_gone()


@task("upkeep.purge_results", kind="external", timeout=300)
def purge_results() -> None:
    """Remove Celery results that are older than their retention time."""
    celery_results.purge(settings.RESULTS_RETENTION)


@task("upkeep.forget_history", kind="external", timeout=900)
def forget_history() -> None:
    """Remove what ended longer ago than docs/reference/retention.md says. What is still owed stays, whatever its age."""
    for forget, age in HISTORIES:
        forget(getattr(settings, age))
    forget_writing(clock.now())
    purging.purge_dead(settings.DEAD_EFFECTS_RETENTION)


@task("upkeep.roll_up", kind="external", timeout=120)
def roll_up() -> None:
    """Count what was owed and done in the minutes that are over, for plots and metrics."""
    rolling_up.roll_up()


@task("upkeep.raise_alarms")
def raise_alarms() -> None:
    """Notify those who operate the site of effects that failed for good, and of work that no worker begins in time."""
    report_failures(clock.now())
    report_lateness(clock.now())


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
    """Remove changes of address that were asked for a week ago, and invitations of three months ago."""
    email_change.forget_old_changes(clock.now())
    Invitation.objects.forget(clock.now())


@blog.judge_comment.runs
def judge_comment(*, comment_id: int) -> None:
    spam.judge(comment_id)


@accounts.erase_user.runs
def erase_user(*, user_id: int) -> None:
    erasure.erase(user_id)


@importer.check_import.runs
def check_import(*, import_id: int) -> None:
    work.check(import_id, now=clock.now())


@importer.run_import.runs
def run_import(*, import_id: int) -> None:
    work.go_on(import_id, now=clock.now())


@importer.undo_import.runs
def undo_import(*, import_id: int) -> None:
    undo.go_on(import_id, now=clock.now())


@task("upkeep.clear_imports", kind="external", timeout=300)
def clear_imports() -> None:
    """Remove uploads that no one has imported for a week, and exports of a week ago."""
    work.clear(clock.now())
    importing.clear(clock.now())
    exports.clear(clock.now())


@exporter.build_export.runs
def build_export(*, export_id: int) -> None:
    exports.build(export_id)


@newsletter.check_list.runs
def check_list(*, list_id: int) -> None:
    importing.check(list_id, now=clock.now())


@newsletter.import_list.runs
def import_list(*, list_id: int) -> None:
    importing.go_on(list_id, now=clock.now())


@newsletter.read_bounces.runs
def read_bounces() -> None:
    read_bounce_mailbox()


@newsletter.check_mail.runs
def check_mail() -> None:
    mail_check.check()


@team.transfer_posts.runs
def transfer_posts(*, from_id: int, to_id: int, up_to: int) -> None:
    members.move_posts(from_id, to_id, up_to)


@team.merge_topic.runs
def merge_topic(*, kind: str, from_id: int, into_id: int) -> None:
    topics.merge_some(topics.known(kind), from_id, into_id)
