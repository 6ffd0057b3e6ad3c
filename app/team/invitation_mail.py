"""The mail of an invitation. Its link is made when the mail is written."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from app.accounts.models import TeamRole
from app.mail.errors import Unknown, Unreachable
from app.mail.message import Letter, encode
from app.mail.rendering import link, render
from app.mail.submission import SubmissionState, submit
from app.mail.transport import Transport
from app.outbound import breaker
from app.site.current import site
from app.site.speaking import speaking
from app.team.models import Invitation
from owed import clock


def send_invitation(invitation_id: int) -> None:
    """Send one invitation, at most once. Raises Rejected, Unreachable to be tried again."""
    invitation = Invitation.objects.select_related("invited_by__profile").filter(pk=invitation_id).first()
    if invitation is None:
        return
    if not invitation.is_valid(clock.now()):
        invitation.drop(SubmissionState.SKIPPED, "revoked, replaced or expired")
    with breaker.asking(breaker.MAIL, Unreachable, Unknown), Transport.from_url(settings.EMAIL_URL) as transport:
        submit(invitation, lambda: encode(letter(invitation), at=clock.now()), transport)


def letter(invitation: Invitation) -> Letter:
    """Return the mail, in the language of the publication: who is invited has not chosen one."""
    with speaking():
        return _letter(invitation)


def _letter(invitation: Invitation) -> Letter:
    subject = _("You are invited to write at %(site)s") % {"site": site().name}
    context = {
        "subject": subject,
        "invitation": invitation,
        "role": TeamRole(invitation.role).label,
        "invited_by": invitation.invited_by.profile.name if invitation.invited_by else "",
        "accept_url": link(invitation.get_absolute_url()),
    }
    text, html = render("team/mail/invitation", context)
    return Letter(
        sender=settings.DEFAULT_FROM_EMAIL,
        recipient=invitation.email,
        subject=subject,
        text=text,
        html=html,
        message_id=invitation.message_id,
        headers={},
    )
