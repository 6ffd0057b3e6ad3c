"""One run of a worker through a mailing: a window of rows at a time, one message after another, in doubt of one at most."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from django.db.models import QuerySet

from app.mail.courier import Courier
from app.mail.errors import BadAddress, BadMessage, MailError, Rejected, Unknown, Unreachable
from app.mail.journal import Journal
from app.mail.return_path import return_path
from app.mail.submission import SubmissionState, is_final
from app.mail.wire import Parcel
from app.newsletter.editions import EDITIONS
from app.newsletter.models import Delivery
from app.newsletter.providers import header_for
from app.newsletter.recipient_domains import PUT_OFF, RecipientDomains
from app.newsletter.refusals import pause_where_many
from app.newsletter.windows import PACE, Outcome, Taken, largest, settle_and_take
from app.outbound import breaker
from owed import Later

BUDGET = 15.0  # seconds
HOLD = 2.0
"""Seconds after which rows in hand that were not begun are given back, and consent and pauses asked again."""
OF_ONE_RECIPIENT = frozenset({"rcpt", "data", "reply"})  # phases in which a refusal concerns no other recipient


class Deferred(MailError):
    """Some readers' mail could not be handed over yet; the rows are still pending."""


class MailingRun:
    """Sends rows until all are through, the time is used up, or the server refuses everyone. Settles all that it took."""

    def __init__(self, courier: Courier, journal: Journal | None, domains: RecipientDomains) -> None:
        self.courier = courier
        self.journal = journal
        self.domains = domains
        self.trouble: Exception | None = None
        """Why it stopped early."""
        self.deferred: Deferred | None = None
        """Why some must be tried again."""
        self._rest: deque[int] = deque()
        self._outcomes: list[Outcome] = []
        self._was_answered = False
        self._twice: set[int] = set()
        self._refused: set[int] = set()

    def send(self, waiting: Iterable[int]) -> None:
        """Send these rows' messages, each at most once."""
        self._rest.extend(waiting)
        self._leave_domains_alone()
        while self._rest and not self.trouble:
            if self.courier.spent > BUDGET:
                self.trouble = Later(timedelta(0), "more to send than one run may take")
                break
            self._mind_refusals()
            chosen = self._choose()
            taken = self._take(chosen)
            self._leave_out(set(chosen).difference(each.id for each in taken))
            self._send_window(taken)
            self._leave_domains_alone()
        settle_and_take(self._outcomes, [], journal="")
        self._outcomes = []
        self._mind_refusals()

    def _leave_domains_alone(self) -> None:
        """Leave out the rows of domains that put our mail off; they stay pending, and the others go on."""
        resting = set(filter(self.domains.are_resting, self._rest))
        if resting:
            self._rest = deque(pk for pk in self._rest if pk not in resting)
            self.deferred = self.deferred or Deferred(PUT_OFF)

    def _mind_refusals(self) -> None:
        """Pause the mailings that mail servers refuse too often, before more of them is taken."""
        if self._refused:
            # What was sent beside them is counted as well.
            settle_and_take(self._outcomes, [], journal="")
            self._outcomes = []
            pause_where_many(self._refused)
            self._refused = set()

    def _choose(self) -> list[int]:
        size = min(PACE.size, largest()) if self.journal else 1
        chosen = [self._rest.popleft() for _ in range(min(size, len(self._rest)))]
        if self.journal:
            try:
                self.journal.takes(chosen)
            except OSError:
                self.journal = None
                self._rest.extendleft(reversed(chosen[1:]))
                return chosen[:1]
        return chosen

    def _take(self, chosen: list[int]) -> list[Taken]:
        name = self.journal.name if self.journal else ""
        # No statement changes a row twice: one that was given back is settled first, and taken by the next.
        if not {each.id for each in self._outcomes}.isdisjoint(chosen):
            settle_and_take(self._outcomes, [], journal=name)
            self._outcomes = []
        taken = settle_and_take(self._outcomes, chosen, journal=name)
        self._outcomes = []
        return taken

    def _leave_out(self, ids: set[int]) -> None:
        """Close what was not taken, because the reader or the post changed. In a pause it stays pending."""
        if not ids:
            return
        for delivery in _read(ids):
            if delivery.send.is_paused or close_unwanted(delivery) or delivery.state != SubmissionState.PENDING:
                continue
            if seconds := delivery.send.begins_in:
                self.trouble = Later(timedelta(seconds=seconds), "the mailing has not begun", planned=True)
                continue
            # The post was withdrawn, and published again at this moment.
            if delivery.pk in self._twice:
                self.trouble = Later(timedelta(seconds=1), "the post was withdrawn, and published again at this moment")
            self._twice.add(delivery.pk)
            self._rest.append(delivery.pk)

    def _send_window(self, taken: list[Taken]) -> None:
        began, journal = time.monotonic(), self.journal
        ready = [(each, parcel) for each in taken if (parcel := self._parcel(each))]
        for number, (each, parcel) in enumerate(ready):
            is_late = time.monotonic() - began > HOLD or self.courier.spent > BUDGET
            # Without its journal, a row of several in hand would look as if it had not been begun.
            if self.trouble or is_late or self.journal is not journal:
                self._give_back([each for each, _ in ready[number:]])
                break
            if self.domains.are_resting(each.id) and not self.courier.has_asked(parcel):
                self._put_off(each)
                continue
            self._send_one(each, parcel, self._following(ready[number + 1 :]))
        else:
            PACE.faster()

    def _parcel(self, row: Taken) -> Parcel | None:
        """Return the row's message, or refuse the row where no mail server could be given it."""
        try:
            parcel = EDITIONS.of(row.version).parcel_for(row.reader, at=row.at)
        except (BadAddress, BadMessage) as error:
            self._refuse(row, error)
            return None
        return self._returnable(row, parcel)

    def _returnable(self, row: Taken, parcel: Parcel) -> Parcel:
        """Return the message with what names the row, to whom it is returned and to a provider that reports of it."""
        return replace(parcel, sender=return_path(row.id) or parcel.sender, wire=header_for(row.id) + parcel.wire)

    def _give_back(self, rows: list[Taken]) -> None:
        """Return to pending what was taken and not begun, to be taken again in this run unless there is trouble."""
        PACE.slow()
        self.courier.break_off()
        self._outcomes += [each.became(SubmissionState.PENDING) for each in rows]
        self._rest.extendleft(reversed([each.id for each in rows]))

    def _following(self, rest: list[tuple[Taken, Parcel]]) -> Parcel | None:
        """Return the message that the server may be asked for with the end of this one."""
        return rest[0][1] if rest and not self.domains.are_resting(rest[0][0].id) else None

    def _put_off(self, row: Taken) -> None:
        self._outcomes.append(row.became(SubmissionState.PENDING, PUT_OFF))
        self.deferred = self.deferred or Deferred(PUT_OFF)

    def _send_one(self, row: Taken, parcel: Parcel, following: Parcel | None) -> None:
        try:
            self.courier.send(parcel, following, begins=lambda: self._note_begin(row))
        except Unknown as error:
            # Sending again might be a second copy: a person decides.
            self._outcomes.append(row.became(SubmissionState.UNKNOWN, str(error)))
            PACE.slow()
        except MailError as error:
            self._not_sent(row, error)
        except OSError:
            # The disk does not take the journal: from here on, one row at a time.
            self.journal = None
            self._give_back([row])
        else:
            self._note_answer(row, 250)
            self._outcomes.append(row.became(SubmissionState.SENT))
            self.domains.took(row.id)
            self._note_life()

    def _not_sent(self, row: Taken, error: MailError) -> None:
        if isinstance(error, Rejected):
            self._note_life()
            if error.phase == "reply":
                self._note_answer(row, error.code, error.status)
        if is_final(error):
            self._refuse(row, error)
            return
        self._outcomes.append(row.became(SubmissionState.PENDING, str(error)))
        if isinstance(error, Rejected) and error.phase in OF_ONE_RECIPIENT:
            self.domains.put_off(row.id, error)
            self.deferred = Deferred(str(error))
            return
        if isinstance(error, Unreachable):
            breaker.failed(breaker.MAIL)
        PACE.slow()
        self.trouble = Deferred(str(error))

    def _refuse(self, row: Taken, error: MailError) -> None:
        delivery = Delivery.objects.select_related("subscriber").get(pk=row.id)
        delivery.state, delivery.attempts = SubmissionState.SUBMITTING, row.attempt
        delivery.refuse(error)
        self._refused.add(delivery.send_id)

    def _note_begin(self, row: Taken) -> None:
        if self.journal:
            self.journal.begins(row.id, row.attempt)

    def _note_answer(self, row: Taken, code: int, status: str = "") -> None:
        if self.journal:
            try:
                self.journal.answered(row.id, row.attempt, code, status)
            except OSError:
                self.journal = None

    def _note_life(self) -> None:
        """Remember once that the mail server answers."""
        if not self._was_answered:
            self._was_answered = True
            breaker.answered(breaker.MAIL)


def close_unwanted(delivery: Delivery) -> bool:
    """Close what must not be sent: to someone who no longer subscribes, or of a post that is not public."""
    if delivery.state != SubmissionState.PENDING:
        return False
    if why := delivery.unwanted():
        return delivery.drop(SubmissionState.SKIPPED, why)
    return not delivery.post.is_out and delivery.withhold()


def _read(ids: set[int]) -> QuerySet[Delivery]:
    deliveries = Delivery.objects.select_related("subscriber", "post", "send").defer("post__content", "post__content_html")
    return deliveries.filter(pk__in=ids).order_by("pk")
