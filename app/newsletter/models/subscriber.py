"""Who reads by mail, and the proof that they asked for it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Self

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from app.mail.addresses import normalise
from app.newsletter.errors import AlreadySubscribed, MailboxGone, NotBounced, Unsubscribed, WasErased
from app.newsletter.models.erased import ErasedAddress
from app.newsletter.models.frequency import ZONE, Frequency, check_frequency
from app.newsletter.models.keys import digest
from app.newsletter.models.states import DIGESTS
from app.newsletter.signals import subscribers_confirmed, subscribers_left
from owed import sql


class SubscriberState(models.TextChoices):
    PENDING = "pending", gettext_lazy("Pending")
    CONFIRMED = "confirmed", gettext_lazy("Confirmed")
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("Unsubscribed")
    BOUNCED = "bounced", gettext_lazy("Bounced")


NAME = 200
TAG, TAGS = 50, 50
"""Characters of one tag, and tags of one reader."""
SOURCE_HAND, SOURCE_IMPORT = "hand", "import"
SOURCES = {
    "page": gettext_lazy("Subscribe page"),
    "account": gettext_lazy("Account settings"),
    "api": gettext_lazy("API"),
    SOURCE_HAND: gettext_lazy("Added by hand"),
    SOURCE_IMPORT: gettext_lazy("Imported"),
}
"""How an address came here, by what is stored of it."""
REFUSALS = {
    SubscriberState.CONFIRMED: AlreadySubscribed,
    SubscriberState.UNSUBSCRIBED: Unsubscribed,
    SubscriberState.BOUNCED: MailboxGone,
}


def tidy_tags(names: Iterable[str]) -> list[str]:
    """Return these tags as they are stored."""
    trimmed = (" ".join(name.split())[:TAG] for name in names)
    return list(dict.fromkeys(name for name in trimmed if name))[:TAGS]


def new_token() -> str:
    """Return 192 random bits for the links in this subscriber's emails. It does not sign anyone in."""
    return secrets.token_urlsafe(24)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> Self:
        return self.filter(state=SubscriberState.CONFIRMED)

    def at(self, email: str) -> Self:
        """Return the subscriber with this address, whatever its case."""
        return self.alias(lowered=Lower("email")).filter(lowered=Lower(models.Value(email)))

    @transaction.atomic
    def subscribe(self, email: str, *, source: str, consent: str, ip: str = "", user_id: int | None = None) -> None:
        """Take down a wish to read, and ask at the address whether it was meant. Says nothing of who is known.

        Raises BadAddress. A confirmed reader stays as they are; one who left stays out until they confirm. Whatever is known of
        the address, the same statements run: the time of an answer would tell.
        """
        email = normalise(email)
        # Insert first, and look after: of two requests at once, a look first would let both insert.
        self.bulk_create([self.model(email=email, source=source, user_id=user_id)], ignore_conflicts=True)
        subscriber = self.select_for_update().at(email).get()
        subscriber.ask(source=source, consent=consent, ip=ip)

    @transaction.atomic
    def invite(self, email: str, *, consent: str, by_id: int | None, name: str = "") -> Subscriber:
        """Take down for someone else that they want to read, and ask at the address whether it is so.

        `consent` says how they agreed. Raises BadAddress, AlreadySubscribed, Unsubscribed, MailboxGone and WasErased: only the
        owner of an address comes back. One who asked for it already and did not confirm is asked again, by their own words.
        """
        email = normalise(email)
        if ErasedAddress.objects.knows(email):
            raise WasErased
        new = self.model(email=email, name=name, source=SOURCE_HAND, consented_at=timezone.now(), consent_text=consent)
        new.added_by_id = by_id
        self.bulk_create([new], ignore_conflicts=True)
        subscriber = self.select_for_update().at(email).get()
        if refusal := REFUSALS.get(SubscriberState(subscriber.state)):
            raise refusal
        subscriber.confirmations.owe(subscriber)
        return subscriber


class Subscriber(models.Model):
    """One address on the mailing list. Only a confirmed one is ever sent a post."""

    State = SubscriberState

    email = models.EmailField()
    name = models.CharField(max_length=NAME, blank=True, db_default="")
    state = models.CharField(max_length=12, choices=SubscriberState.choices, default=SubscriberState.PENDING)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="subscriptions"
    )
    source = models.CharField(max_length=50, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    """Who vouched that this reader agreed, where it was not the reader; none once the account is gone."""
    came_with = models.ForeignKey(
        "newsletter.ListImport", on_delete=models.SET_NULL, null=True, blank=True, related_name="subscribers"
    )
    """The import that brought this reader."""
    tags = ArrayField(models.CharField(max_length=TAG), default=list, blank=True, db_default=[])
    wants = ArrayField(models.CharField(max_length=60), default=list, blank=True, db_default=[], editable=False)
    """Scopes such as `author:3`, `category:1`, `tag:7`: posts of one of them are wanted. Empty: every post."""
    frequency = models.CharField(max_length=6, choices=Frequency.choices, default=Frequency.EACH, db_default=Frequency.EACH)
    time_zone = models.CharField(max_length=ZONE, blank=True, default="", db_default="")
    """Where the days of the reader's digests begin. Empty: the publication's."""
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Nothing is sent before, by the reader's own choice."""
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_text = models.TextField(blank=True)
    consent_ip_digest = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SubscriberQuerySet] = SubscriberQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"), name="subscriber_email_once", violation_error_message="This address is known."
            ),
            models.CheckConstraint(condition=Q(state__in=SubscriberState.values), name="subscriber_state_known"),
            models.CheckConstraint(condition=Q(frequency__in=Frequency.values), name="subscriber_frequency_known"),
            models.CheckConstraint(
                condition=~Q(state=SubscriberState.CONFIRMED) | Q(confirmed_at__isnull=False),
                name="subscriber_confirmed_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="subscriber_confirmed", condition=Q(state=SubscriberState.CONFIRMED)),
            GinIndex(fields=["tags"], name="subscriber_tags"),
            models.Index(fields=["-created_at", "-id"], name="subscriber_newest"),
            models.Index(fields=["time_zone", "frequency"], name="subscriber_digests", condition=~Q(frequency=Frequency.EACH)),
        ]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("subscription", args=[self.token])

    @property
    def source_label(self) -> str:
        return str(SOURCES.get(self.source, self.source or SOURCES["page"]))

    @property
    def is_invited(self) -> bool:
        """Return whether someone else said that they want to read."""
        return self.source in {SOURCE_HAND, SOURCE_IMPORT}

    @property
    def is_confirmed(self) -> bool:
        return self.state == SubscriberState.CONFIRMED

    @property
    def is_on_pause(self) -> bool:
        return self.paused_until is not None and self.paused_until > timezone.now()

    def prefer(self, *, wants: list[str], paused_until: datetime | None) -> None:
        """Keep what the reader wants to get, and until when nothing."""
        self.wants, self.paused_until = wants, paused_until
        self.save(update_fields=["wants", "paused_until"])

    def choose_frequency(self, frequency: str, time_zone: str) -> None:
        """Mail each post, or a digest at an hour of this time zone. Raises ValidationError.

        What waits for a digest goes out with the next one that is due by the new choice.
        """
        check_frequency(frequency, time_zone)
        self.frequency, self.time_zone = frequency, time_zone
        self.save(update_fields=["frequency", "time_zone"])

    def ask(self, *, source: str, consent: str, ip: str) -> None:
        """Keep what was agreed to, and owe the mail with the link that confirms it: at most one in 24 hours is sent."""
        agreed = {
            "source": source[:50],
            "consented_at": timezone.now(),
            "consent_text": consent,
            "consent_ip_digest": digest(ip) if ip else "",
            "added_by": None,
        }
        kept = {name: F(name) for name in agreed}
        Subscriber.objects.filter(pk=self.pk).update(**(kept if self.is_confirmed else agreed))
        self.confirmations.owe(self)

    @property
    def language(self) -> str:
        """Return the language that the reader chose, where they have an account here; else empty."""
        return self.user.language if self.user else ""

    @transaction.atomic
    def confirm(self) -> bool:
        """Begin to read by mail. Return whether that is new. Safe to do twice."""
        # The link reached the mailbox, which is all that a confirmation of the account asks for.
        if self.user is not None:
            self.user.confirm_address(self.email)
        is_new = self._become(SubscriberState.CONFIRMED, confirmed_at=timezone.now(), unsubscribed_at=None)
        if is_new:
            apps.get_model("newsletter", "Greeting").objects.owe_once(self)
            subscribers_confirmed.send(sender=Subscriber, subscriber_ids=[self.pk])
        return is_new

    @transaction.atomic
    def unsubscribe(self, *, reason: str = "asked") -> bool:
        """Stop every mail, those already queued included. Return whether that is new. Safe to do twice."""
        state, now = SubscriberState.UNSUBSCRIBED, timezone.now()
        reading = Subscriber.objects.filter(pk=self.pk, state=SubscriberState.CONFIRMED)
        was_reading = bool(reading.update(state=state, unsubscribed_at=now))
        # Who never confirmed did not leave, and whose mailbox is gone has left already.
        if was_reading:
            self.state = state
            self._say_left(reason)
        return was_reading or self._become(state, unsubscribed_at=now)

    def retag(self, names: list[str]) -> None:
        """Replace the tags, without repetitions, at most 50 of 50 characters."""
        self.tags = tidy_tags(names)
        self.save(update_fields=["tags"])

    @transaction.atomic
    def bounce(self) -> bool:
        """Stop writing to a mailbox that does not exist or takes nothing any more, as its server says."""
        confirmed = Subscriber.objects.filter(pk=self.pk, state=SubscriberState.CONFIRMED)
        is_new = bool(confirmed.update(state=SubscriberState.BOUNCED))
        if is_new:
            self._say_left("bounced")
        return is_new

    @transaction.atomic
    def lift(self) -> None:
        """Mail this address again after its mailbox was said to be gone. Raises NotBounced."""
        bounced = Subscriber.objects.filter(pk=self.pk, state=SubscriberState.BOUNCED)
        # One who never confirmed did not agree to anything by having a mailbox.
        state = SubscriberState.CONFIRMED if self.confirmed_at else SubscriberState.PENDING
        if not bounced.update(state=state):
            raise NotBounced
        self.state = state
        if self.is_confirmed:
            subscribers_confirmed.send(sender=Subscriber, subscriber_ids=[self.pk])
        apps.get_model("newsletter", "Bounce").objects.filter(subscriber=self, lifted_at=None).update(lifted_at=timezone.now())

    @transaction.atomic
    def erase(self) -> None:
        """Forget the address for good. Deliveries stay without it; a digest keeps an import or an editor from adding it again.

        Its owner may subscribe again.
        """
        ErasedAddress.objects.remember(self.email)
        # A line that could not be imported is kept as it was written.
        apps.get_model("newsletter", "ListLine").objects.filter(text__icontains=self.email).update(text="")
        if self.is_confirmed:
            self._say_left("erased")
        # One after the other: digests that are made meanwhile update the same copies, in another order.
        sql.hold(DIGESTS)
        self.delete()

    def _say_left(self, reason: str) -> None:
        subscribers_left.send(sender=Subscriber, subscriber_ids=[self.pk], reason=reason)

    def _become(self, state: SubscriberState, **times: object) -> bool:
        # One guarded UPDATE: a double click on the link in the mail counts once.
        changed = Subscriber.objects.filter(pk=self.pk).exclude(state=state).update(state=state, **times)
        if changed:
            self.state = state
        return bool(changed)
