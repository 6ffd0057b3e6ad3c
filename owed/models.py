"""The ledger's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Extract, Now
from django.utils.translation import gettext_lazy

from . import dead_letters
from .controls import LimitTurn as LimitTurn
from .controls import Pause as Pause
from .controls import Slot as Slot
from .declaration import Declaration
from .sets import EffectSet as EffectSet


class State(models.TextChoices):
    READY = "ready", gettext_lazy("Ready")
    WAITING = "waiting", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Running")
    HELD = "held", gettext_lazy("Held")
    PAUSED = "paused", gettext_lazy("Paused")
    DONE = "done", gettext_lazy("Done")
    DEAD = "dead", gettext_lazy("Dead")
    DISCARDED = "discarded", gettext_lazy("Discarded")


PARKED = (State.HELD, State.PAUSED)
"""Owed, and begun by no worker and no sweeper until a person decides."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Their `wake_at`: so far away that no process, of an earlier release either, takes them for due."""
OVER = (State.DONE, State.DEAD, State.DISCARDED)


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """One queue: effects owed, of them running, held and paused; dead ones; the age in seconds of the oldest that is due.

    What a person holds or has paused is planned for later, and not due.
    """

    queue: str
    owed: int
    running: int
    held: int
    paused: int
    dead: int
    oldest_due: float | None


class EffectQuerySet(models.QuerySet["Effect"]):
    def about(self, subject: models.Model) -> EffectQuerySet:
        """Return the effects about this object, in the order in which they were owed."""
        return self.filter(about=subject_key(subject)).order_by("pk")

    def pending(self) -> EffectQuerySet:
        return self.filter(finished_at=None)

    def of(self, effect: Declaration[Any]) -> EffectQuerySet:
        """Return what is owed of this effect, also under a name that it had."""
        return self.filter(task__in=effect.names)

    def untried(self, effect: Declaration[Any]) -> EffectQuerySet:
        """Return what is owed of this effect and has not begun: it will see all that is committed by now."""
        return self.of(effect).pending().filter(state__in=[State.READY, State.WAITING], attempt=0)

    def overdue(self) -> EffectQuerySet:
        """Return what is owed by now, not finished, and not put aside by a person."""
        return self.pending().filter(due_at__lte=Now()).exclude(state__in=PARKED).exclude(Pause.objects.stopped())

    def dead(self) -> EffectQuerySet:
        return self.filter(state=State.DEAD)

    def by_state(self) -> list[tuple[State, int]]:
        """Return how many are in each state, in the order of State."""
        counts = dict(self.values_list("state").annotate(models.Count("pk")).order_by())
        return [(state, counts[state]) for state in State if state in counts]

    def untaken(self, for_seconds: float) -> list[str]:
        """Return the queues in which something new is due for so long while no worker began anything of them.

        A pause is a reason for it, and not looked at; nor is what workers have put off until later, as for a limit.
        """
        since = Now() - timedelta(seconds=for_seconds)
        put_off = Q(state=State.WAITING, wake_at__gt=Now())
        new = self.pending().filter(state__in=[State.READY, State.WAITING], attempt=0, due_at__lt=since).exclude(put_off)
        waiting = set(new.exclude(Pause.objects.stopped()).values_list("queue", flat=True).distinct())
        if not waiting:
            return []
        # Two statements, each by an index of its own: one for both would read every finished row.
        running = self.pending().filter(Q(state=State.RUNNING, wake_at__gt=Now()) | Q(started_at__gte=since))
        over = self.filter(finished_at__gte=since, started_at__isnull=False)
        taken = {queue for found in (running, over) for queue in found.values_list("queue", flat=True).distinct()}
        return sorted(waiting - taken)

    def backlog(self) -> list[Backlog]:
        """Return how far each queue is behind, in order of name."""
        stopped = Pause.objects.stopped() & ~Q(state__in=[State.RUNNING, State.HELD])
        due = Q(due_at__lte=Now()) & ~stopped & ~Q(state__in=PARKED)
        # Two statements, each by an index of its own: one for both would read every finished row.
        pending = (
            self.pending()
            .values("queue")
            .annotate(
                owed=models.Count("pk"),
                running=models.Count("pk", filter=Q(state=State.RUNNING)),
                held=models.Count("pk", filter=Q(state=State.HELD)),
                paused=models.Count("pk", filter=Q(state=State.PAUSED) | stopped),
                oldest_due=Extract(Now() - models.Min("due_at", filter=due), "epoch", output_field=models.FloatField()),
            )
        )
        dead = dict(self.dead().values_list("queue").annotate(models.Count("pk")).order_by())
        rows = {row["queue"]: row for row in pending.order_by()}
        none = {"owed": 0, "running": 0, "held": 0, "paused": 0, "oldest_due": None}
        names = sorted(rows.keys() | dead.keys())
        return [Backlog(**{**none, "queue": name, "dead": dead.get(name, 0), **rows.get(name, {})}) for name in names]


class Effect(models.Model):
    """One thing owed. Written with the change that owes it; moved only by guarded statements."""

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=100)
    queue = models.CharField(max_length=50)
    args = models.JSONField(default=dict)
    about = models.CharField(max_length=100, blank=True)
    priority = models.SmallIntegerField(default=0, db_default=0)
    """-100 to 100: of what waits in a queue, the greater goes first."""
    member_of = models.BigIntegerField(null=True)
    """The set that counts it, see sets."""
    key = models.CharField(max_length=100, null=True)  # noqa: DJ001 - null is outside the index
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=20)
    rings = models.PositiveIntegerField(default=0)
    wake_at = models.DateTimeField()
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    hint = models.UUIDField(null=True)
    outcome = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    # With defaults in the database: processes of the release before insert without these columns.
    decided_by = models.CharField(max_length=150, blank=True, db_default="")
    """Who held or discarded it, and why; empty while it takes its own course."""
    reason = models.CharField(max_length=300, blank=True, db_default="")
    result = models.JSONField(null=True)
    """What a task of django.tasks returned and raised, see task_results; null for every other effect."""
    cause = models.BigIntegerField(null=True)
    """The effect during which this one was owed."""
    origin = models.CharField(max_length=100, blank=True, default="", db_default="")
    """What began it all, such as a request or a schedule; what an effect owes in turn has the same."""
    trace = models.CharField(max_length=55, blank=True, default="", db_default="")
    """The W3C traceparent in which it was owed: its attempts link to it, however late. Empty without owed.contrib.otel."""

    objects: ClassVar[models.Manager[Effect]] = EffectQuerySet.as_manager()

    class Meta:
        db_table = "effects_effect"  # as when the app's label was `effects`: an upgrade moves no row
        indexes: ClassVar = [
            models.Index(F("wake_at"), name="effect_wake", condition=Q(finished_at=None)),
            models.Index(fields=["about"], name="effect_about"),
            models.Index(fields=["task", "key"], name="effect_key", condition=Q(finished_at=None, key__isnull=False)),
            models.Index(fields=["finished_at"], name="effect_finished", condition=Q(finished_at__isnull=False)),
            models.Index(fields=["finished_at"], name="effect_dead", condition=Q(state="dead"), include=["queue"]),
            models.Index(fields=["cause"], name="effect_cause", condition=Q(cause__isnull=False)),
            models.Index(
                fields=["queue", "-priority", "id"], name="effect_urgent", condition=Q(finished_at=None, priority__gt=0)
            ),
            models.Index(fields=["member_of"], name="effect_member_of", condition=Q(member_of__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="effect_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OVER, finished_at__isnull=False)
                | Q(state__in=[State.READY, State.WAITING, State.RUNNING, *PARKED], finished_at=None),
                name="effect_finished_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} e{self.pk} {self.state}"

    @property
    def duration(self) -> float | None:
        """Seconds from the last claim to the end, where both are known."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def is_pending(self) -> bool:
        return self.finished_at is None

    def replay(self) -> bool:
        """Owe a dead effect again, with as many tries as at first. Return whether it was dead."""
        return dead_letters.replay([self.pk]) == 1


class Attempt(models.Model):
    """An attempt that failed: when, where, and why. One that succeeded leaves none, nor one that only put itself off."""

    # No constraint in the database: the ledger is purged, and emptied by tests, with statements that name its table alone.
    effect = models.ForeignKey(Effect, on_delete=models.CASCADE, related_name="attempts", db_constraint=False)
    number = models.PositiveIntegerField()
    ended_at = models.DateTimeField()
    seconds = models.FloatField(null=True)
    """How long it ran; unknown of a worker that died."""
    worker = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)

    class Meta:
        db_table = "effects_attempt"
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["ended_at"], name="attempt_ended")]

    def __str__(self) -> str:
        return f"attempt {self.number} of e{self.effect_id}: {self.outcome}"


class Tick(models.Model):
    """A period for which an upkeep effect was recorded: two schedulers record it once."""

    task = models.CharField(max_length=100)
    period = models.BigIntegerField()

    class Meta:
        db_table = "effects_tick"
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "period"], name="tick_once")]

    def __str__(self) -> str:
        return f"{self.task} {self.period}"


class Heartbeat(models.Model):
    """When a worker's sweeper was last seen."""

    worker = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    names = models.JSONField(null=True)
    """Under which names it can run what is owed; null of a release that did not say."""
    facts = models.JSONField(null=True)
    """Host, pid, queues, and the hints that it runs now, see owed.worker; null of one of an earlier release."""

    class Meta:
        db_table = "effects_heartbeat"

    def __str__(self) -> str:
        return f"{self.worker} {self.at}"


class Unproven(models.Model):
    """A subject whose delivery the last check could not prove."""

    about = models.CharField(max_length=100, primary_key=True)
    why = models.TextField()
    since = models.DateTimeField()

    class Meta:
        db_table = "effects_unproven"

    def __str__(self) -> str:
        return f"{self.about}: {self.why}"


def subject_key(subject: models.Model | str | None) -> str:
    """Return how `about` names this object, such as "post:12"."""
    if subject is None or isinstance(subject, str):
        return subject or ""
    return f"{subject._meta.model_name}:{subject.pk}"


# Models that are in the file of their verbs: Django finds them here.
from .figures import Figures, RolledUp  # noqa: E402, F401
from .schedules import Schedule  # noqa: E402, F401
