"""The team: who writes here, who is invited, and what is decided about one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.models import Role, TeamRole, User
from app.accounts.rate_limit import TOO_MANY, may_send, may_try, refused
from app.blog.errors import Refused
from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import AddressField
from app.second_factor.changes import reset
from app.second_factor.status import with_second_factor
from app.studio.access import WriterRequest, administrators, team_managers
from app.team import members
from app.team.models import Invitation
from owed import clock

RESENDS = 20  # of one person, in a minute


class InviteForm(forms.Form):
    email = AddressField(label=gettext_lazy("Email address"), autocomplete="off")
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["role"]
        field.choices = [choice for choice in roles_of(user) if choice[0] != Role.READER]

    def clean_email(self) -> str:
        try:
            return normalise(self.cleaned_data["email"])
        except BadAddress:
            raise forms.ValidationError(_("Enter a valid email address.")) from None

    def invite(self, by: User) -> Invitation | None:
        """Owe the mail, or note on the form why not."""
        try:
            return Invitation.objects.invite(self.cleaned_data["email"], self.cleaned_data["role"], by=by, now=clock.now())
        except Refused as error:
            self.add_error("email", str(error))
            return None


def roles_of(user: User) -> list[tuple[str, Any]]:
    """Return the roles that the user may give, with their labels."""
    return [(value, label) for value, label in TeamRole.choices if user.can_grant(value)]


@require_http_methods(["GET", "POST"])
@team_managers
def team(request: WriterRequest) -> HttpResponse:
    """List the team and the open invitations; POST invites."""
    form = InviteForm(request.user, request.POST if request.method == "POST" else None)
    may_invite = request.method == "POST" and form.is_valid() and may_send(form, request, "team.invited")
    if may_invite and (invitation := form.invite(request.user)):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
        return redirect("studio:team")
    everyone = members.everyone()
    about = {
        "form": form,
        "members": [(person, request.user.can_manage(person)) for person in everyone],
        "roles": roles_of(request.user),
        "heirs": [person for person in everyone if person.can_write()],
        "invitations": [(each, request.user.can_grant(each.role)) for each in Invitation.objects.open()],
        "protected": with_second_factor(everyone),
        "now": clock.now(),
    }
    response = render(request, "studio/team.html", about)
    return refused(response, form) if form.errors else response


@require_POST
@team_managers
def resend(request: WriterRequest, pk: int) -> HttpResponse:
    """Mail an invitation once more, with a new link."""
    return _answer(request, lambda: _resent(request, _invitation(request, pk)))


@require_POST
@team_managers
def revoke(request: WriterRequest, pk: int) -> HttpResponse:
    """Let the link of an invitation work no more."""

    def revoked() -> str:
        _invitation(request, pk).revoke(now=clock.now())
        return _("The invitation is revoked. Its link does not work any more.")

    return _answer(request, revoked)


@require_POST
@team_managers
def role(request: WriterRequest, pk: int) -> HttpResponse:
    """Give one of the team another role."""
    member, wanted = _member(request, pk), request.POST.get("role", "")
    if wanted not in TeamRole.values or not request.user.can_grant(wanted):
        raise PermissionDenied

    def changed() -> str:
        members.change_role(member, wanted)
        return _("%(name)s: %(role)s.") % {"name": member.profile.name, "role": TeamRole(wanted).label}

    return _answer(request, changed)


@require_POST
@team_managers
def deactivation(request: WriterRequest, pk: int) -> HttpResponse:
    """Close an account for now, or open it again."""
    member, is_end = _member(request, pk), request.POST.get("_method") == "delete"

    def done() -> str:
        if is_end:
            members.reactivate(member)
            return _("%(name)s can sign in again.") % {"name": member.profile.name}
        members.deactivate(member, now=clock.now())
        text = _("%(name)s is signed out everywhere and cannot sign in. Posts and comments stay.")
        return text % {"name": member.profile.name}

    return _answer(request, done)


@require_POST
@administrators
def second_factor(request: WriterRequest, pk: int) -> HttpResponse:
    """Let one who lost phone and recovery codes sign in with the password alone."""
    member = get_object_or_404(User.objects.team().select_related("profile"), pk=pk)
    if not request.user.can_reset_second_factor(member):
        raise PermissionDenied

    def done() -> str:
        reset(member, now=clock.now())
        return _("%(name)s is signed out and can sign in with the password alone.") % {"name": member.profile.name}

    return _answer(request, done)


@require_POST
@team_managers
def transfer(request: WriterRequest, pk: int) -> HttpResponse:
    """Give all posts of one of the team to another."""
    member, wanted = _member(request, pk), request.POST.get("to", "")
    to = get_object_or_404(User.objects.writers(), pk=wanted if wanted.isdecimal() and len(wanted) < 19 else 0)

    def moved() -> str:
        number = members.transfer(member, to)
        text = ngettext("%(count)s post is being given to %(name)s.", "%(count)s posts are being given to %(name)s.", number)
        return text % {"count": number, "name": to.profile.name}

    return _answer(request, moved)


def _resent(request: WriterRequest, invitation: Invitation) -> str:
    if not may_try("team.resent", str(request.user.pk), per_minute=RESENDS):
        raise Refused(str(TOO_MANY))
    invitation.resend(by=request.user, now=clock.now())
    return _("Another invitation is on its way to %(email)s.") % {"email": invitation.email}


def _answer(request: WriterRequest, verb: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, verb())
    except Refused as error:
        messages.error(request, str(error))
    return redirect("studio:team")


def _member(request: WriterRequest, pk: int) -> User:
    """Return one of the team about whom the user may decide. Raises Http404, PermissionDenied."""
    member = get_object_or_404(User.objects.team().select_related("profile"), pk=pk)
    if not request.user.can_manage(member):
        raise PermissionDenied
    return member


def _invitation(request: WriterRequest, pk: int) -> Invitation:
    """Return an invitation to a role that the user may give. Raises Http404, PermissionDenied."""
    invitation = get_object_or_404(Invitation, pk=pk)
    if not request.user.can_grant(invitation.role):
        raise PermissionDenied
    return invitation
