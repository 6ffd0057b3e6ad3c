"""One post to all its readers by mail, and the law that every one of them is accounted for."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.mail.submission import OPEN, SubmissionState
from app.newsletter import effects
from app.newsletter.models.choice import AUDIENCE, PREVIEW
from app.newsletter.models.states import DIGESTS, IN_DIGEST, STATES
from app.newsletter.pages import SEND
from app.newsletter.signals import mailing_finished, mailing_paused
from owed import clock, gather, owe, sql

if TYPE_CHECKING:
    from app.newsletter.models.delivery import Delivery

# Mails in one effect: if the worker dies, at most this many are looked at again. With 20, half of a worker's time went into
# the statements around them; a slow server is left after BUDGET seconds, whatever is still to send.
CHUNK = 100
# Copies that no digest has taken: they can still be stopped when every single mail has gone.
WAITS = Q(state=IN_DIGEST, digest=None)


class SendState(models.TextChoices):
    EXPANDING = "expanding", gettext_lazy("Expanding")
    SENDING = "sending", gettext_lazy("Sending")
    FINISHED = "finished", gettext_lazy("Finished")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


class SendQuerySet(models.QuerySet["Send"]):
    def over(self, before: datetime) -> SendQuerySet:
        """Return the mailings that ended before this time."""
        return self.filter(state__in=[SendState.FINISHED, SendState.CANCELLED], finished_at__lt=before)


class Send(models.Model):
    """One mailing of a post. Publication owes the first, once only; a person may ask for others, each by its number."""

    State = SendState

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="sends")
    round = models.PositiveIntegerField(default=1)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """Who decided on it; none for the first, nor once the account is gone."""
    state = models.CharField(max_length=9, choices=SendState.choices, default=SendState.EXPANDING)
    candidates = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when nothing of it leaves; its list of recipients is still built meanwhile."""
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    paused_for = models.JSONField(
        default=dict, db_default=models.Value({}, output_field=models.JSONField()), blank=True, editable=False
    )
    """The refusals that paused it, as `refused` of `settled`; empty where a person did."""
    refusals_since = models.DateTimeField(null=True, blank=True, editable=False)
    """When it went on after such a pause: refusals before that do not pause it again."""
    starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Nothing of it leaves before; until then it can be stopped with no one mailed."""
    kept_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When digests were made last without its copies that wait: it was paused, or its post not public. None: never."""
    filters = models.JSONField(default=dict, db_default=models.Value({}, output_field=models.JSONField()), editable=False)
    """Which subscribers it goes to; none: everyone."""
    audience = models.CharField(max_length=AUDIENCE, blank=True, default="", db_default="", editable=False)
    subject = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    """Empty: the title of the post."""
    preview = models.CharField(max_length=PREVIEW, blank=True, default="", db_default="", editable=False)
    content_digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """The digest of the post's text when the mailing was decided; empty for those before there was one."""
    summary = models.JSONField(
        default=dict, db_default=models.Value({}, output_field=models.JSONField()), blank=True, editable=False
    )
    """How many deliveries were in each state when their rows were removed; the rows that are left are counted beside it."""

    objects: ClassVar[SendQuerySet] = SendQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "round"], name="send_once_a_round"),
            models.CheckConstraint(condition=Q(state__in=SendState.values), name="send_state_known"),
        ]

    def __str__(self) -> str:
        return f"send {self.round} of post {self.post_id}"

    def get_absolute_url(self) -> str:
        return SEND.url(self.pk)

    @property
    def is_over(self) -> bool:
        return self.state in {SendState.FINISHED, SendState.CANCELLED}

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None and not self.is_over

    @property
    def is_stoppable(self) -> bool:
        """Return whether it can be paused or cancelled: it goes on, or readers still wait for their digest."""
        return not self.is_over or Send.objects.filter(_stoppable(), pk=self.pk).exists()

    @property
    def begins_in(self) -> int:
        """Return the seconds until the first mail may leave; 0 where they may leave now."""
        if self.starts_at is None or self.is_over:
            return 0
        return max(0, ceil((self.starts_at - clock.now()).total_seconds()))

    def balance(self) -> dict[str, int]:
        """Return readers by state, all states named, with `candidates`: these must equal the sum of the others."""
        counted: dict[str, int] = dict(
            self.deliveries.values_list("state").annotate(number=models.Count("pk")).order_by("state")
        )
        candidates, kept = Send.objects.values_list("candidates", "summary").get(pk=self.pk)
        parts = {state: counted.get(state, 0) + kept.get(state, 0) for state in STATES}
        return {"candidates": candidates, **parts}

    @property
    def balances(self) -> bool:
        balance = self.balance()
        return balance.pop("candidates") == sum(balance.values())

    def take(self, number: int, *, last: bool) -> None:
        """Count the candidates of one page; after the last page only sending is left."""
        expanding = Send.objects.filter(pk=self.pk, state=SendState.EXPANDING)
        expanding.update(candidates=F("candidates") + number, state=SendState.SENDING if last else SendState.EXPANDING)

    @transaction.atomic
    def finish(self) -> bool:
        """Say that all is over, where it is. Return whether it is over now.

        Where readers wait for their digest, not before it begins, nor while it is paused: until then it could not be stopped.
        """
        if self._is_open():
            return False
        # The lock waits for a last page that is being written: without it both sides could leave the other to finish.
        Send.objects.select_for_update().filter(pk=self.pk).first()
        kept_back = Q(paused_at__isnull=False) | Q(starts_at__gt=Now())
        sending = Send.objects.filter(pk=self.pk, state=SendState.SENDING).exclude(kept_back & _has_waiting())
        over = {"state": SendState.FINISHED, "finished_at": timezone.now(), "paused_at": None}
        is_over = not self._is_open() and bool(sending.update(**over))
        if is_over:
            self.say(mailing_finished)
        return is_over

    @transaction.atomic
    def cancel(self) -> int:
        """Stop before the readers who are still waiting, also for their digest; each is closed as skipped. Return how many."""
        stoppable = Send.objects.filter(_stoppable(), pk=self.pk)
        if not stoppable.update(state=SendState.CANCELLED, finished_at=timezone.now(), paused_at=None):
            return 0
        self.say(mailing_finished)
        # One after the other: digests that are made meanwhile update the same rows, in another order.
        sql.hold(DIGESTS)
        waiting = self.deliveries.filter(Q(state=SubmissionState.PENDING) | WAITS)
        return waiting.update(state=SubmissionState.SKIPPED, error="cancelled", finished_at=timezone.now())

    @transaction.atomic
    def pause(self, by: int | None) -> bool:
        """Let nothing leave from now on. Return false where it is over or paused. A mail that a worker has begun still goes."""
        stoppable = Send.objects.filter(_stoppable(), pk=self.pk, paused_at=None)
        # One of which only digests are left is over no longer: it ends once more when it goes on.
        state = Case(When(state=SendState.FINISHED, then=Value(SendState.SENDING)), default=F("state"))
        is_new = bool(stoppable.update(state=state, finished_at=None, paused_at=timezone.now(), paused_by_id=by, paused_for={}))
        if is_new:
            self.say(mailing_paused)
        return is_new

    @transaction.atomic
    def resume(self) -> bool:
        """Go on after a pause. Return false where it was not paused."""
        # Locked first: a page of recipients that is being written ends before the rows are read, or begins after this commits.
        send = Send.objects.select_for_update().exclude(paused_at=None).filter(pk=self.pk).first()
        if send is None or send.is_over:
            return False
        seen = timezone.now() if send.paused_for else send.refusals_since
        Send.objects.filter(pk=self.pk).update(paused_at=None, paused_by_id=None, paused_for={}, refusals_since=seen)
        # Their effects have found nothing to do meanwhile, and are over.
        waiting = self.deliveries.filter(state=SubmissionState.PENDING)
        self.owe(list(waiting.order_by("pk").values_list("pk", flat=True)))
        send.finish()
        return True

    @transaction.atomic
    def reopen(self, *states: SubmissionState, but: Exists | None = None) -> int:
        """Owe the post again to the readers whose copy is withheld or failed, `but` for some. Return how many.

        Call it for withheld copies while the post is locked.
        """
        # Locked before the rows are opened: a worker that is about to say that all is over waits, and then sees them.
        send = Send.objects.select_for_update().exclude(state=SendState.CANCELLED).filter(pk=self.pk).first()
        closed = self.deliveries.filter(~but if but else Q(), state__in=states)
        opened = list(closed.order_by("pk").values_list("pk", flat=True)) if send else []
        if opened:
            self.deliveries.filter(pk__in=opened).update(state=SubmissionState.PENDING, error="", finished_at=None)
            Send.objects.filter(pk=self.pk, state=SendState.FINISHED).update(state=SendState.SENDING, finished_at=None)
            self.owe(opened)
        return len(opened)

    def owe(self, delivery_ids: list[int]) -> None:
        """Owe the mails of these deliveries, some in one effect, for the time when the mailing begins."""
        eta = self.starts_at if self.begins_in else None
        with gather():
            for start in range(0, len(delivery_ids), CHUNK):
                some = effects.deliver.si(delivery_ids=delivery_ids[start : start + CHUNK])
                owe(some.set(eta=eta), about=f"post:{self.post_id}")

    @transaction.atomic
    def resend(self, delivery: Delivery) -> None:
        """Owe one reader the post again, by a person's decision. Raises NotInDoubt."""
        delivery.reopen()
        Send.objects.filter(pk=self.pk).update(state=SendState.SENDING, finished_at=None)
        owe(effects.deliver.si(delivery_ids=[delivery.pk]), about=f"post:{self.post_id}")

    def say(self, signal: Signal) -> None:
        """Send a signal about this mailing as it is now. Call it in the transaction of the change."""
        signal.send(sender=Send, send=Send.objects.select_related("post").get(pk=self.pk))

    def _is_open(self) -> bool:
        return self.deliveries.filter(state__in=OPEN).exists()


def _has_waiting() -> Exists:
    """Return the condition that readers wait for their digest with a copy of it."""
    return Exists(apps.get_model("newsletter", "Delivery").objects.filter(WAITS, send=OuterRef("pk")))


def _stoppable() -> Q:
    return Q(state__in=[SendState.EXPANDING, SendState.SENDING]) | Q(_has_waiting(), state=SendState.FINISHED)
