"""What the newsletter says happened, each in the transaction of the change."""

from django.dispatch import Signal

# subscriber_ids: list[int]; they read by mail from now on: confirmed, imported as such, or mailed again after a bounce
subscribers_confirmed = Signal()
# subscriber_ids: list[int], reason: asked|complained|bounced|erased; they do not any more
subscribers_left = Signal()
mailing_started = Signal()  # send: Send; decided, and nothing of it leaves before its starts_at
mailing_paused = Signal()  # send: Send; by a person, or for the refusals in its paused_for
mailing_finished = Signal()  # send: Send; its state says whether it was finished or cancelled; again where copies were reopened
