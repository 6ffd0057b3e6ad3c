"""What can become of a reader's copy of a post: all that becomes of a mail, and that the reader gets it in their digest."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from app.mail.submission import SubmissionState

IN_DIGEST = "digest"
"""It is not mailed by itself. Which digest it is in, and what became of that one, its `digest` says; none: it waits for one."""
DIGESTS = "newsletter.digests"
"""The name of the lock under which copies are put into digests, or closed while they wait for one."""
CHOICES = [*SubmissionState.choices, (IN_DIGEST, pgettext_lazy("state of a copy", "In their digest"))]
STATES = (*SubmissionState.values, IN_DIGEST)
GOT = (SubmissionState.PENDING, SubmissionState.SUBMITTING, SubmissionState.SENT, SubmissionState.UNKNOWN)
"""The states of a mail, and of a digest, after which its posts are not mailed to that reader again."""
