"""The team: who writes here, invitations, and what is decided about one of them. For editors and administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from app.accounts.models import User
from app.accounts.rate_limit import PER_SENDER, sender
from app.api.auth import Request
from app.api.errors import Forbidden, Invalid, NotFound, Problem
from app.api.fields import Id, Strict
from app.api.limits import limit
from app.api.subscribers import Email, check_email
from app.mail.addresses import normalise
from app.team import members
from app.team.models import Invitation
from owed import clock

router = Router(tags=["team"])

TeamRole = Literal["contributor", "author", "editor", "administrator"]


class MemberOut(Schema):
    """`role` is reader for staff who only run the site. `posts` are all, also unpublished ones."""

    id: int
    username: str
    name: str
    role: str
    is_active: bool
    posts: int
    last_login: datetime | None

    @staticmethod
    def resolve_name(member: User) -> str:
        return member.profile.name

    @staticmethod
    def resolve_role(member: User) -> str:
        return member.team_role

    @staticmethod
    def resolve_posts(member: User) -> int:
        return getattr(member, "number", 0)


class RoleIn(Strict):
    """`reader` takes someone out of the team."""

    role: Literal["reader", "contributor", "author", "editor", "administrator"]


class TransferIn(Strict):
    """`to` is the id of one of the team who may write."""

    to: Id


class Transferred(Schema):
    """How many posts are being given to another; a worker does it."""

    posts: int


class MemberIn(Strict):
    email: Email
    role: TeamRole


class InvitationOut(Schema):
    """`state` is of the mail: pending, sent, failed, unknown ... The link is in the mail alone."""

    id: int
    email: str
    role: str
    state: str
    created_at: datetime
    expires_at: datetime


@router.get("", response={200: list[MemberOut], 403: Problem})
def list_team(request: Request) -> list[User]:
    """List the team by name, those who were deactivated last."""
    _must_manage(request)
    return members.everyone()


@router.get("/invitations", response={200: list[InvitationOut], 403: Problem})
def list_invitations(request: Request) -> list[Invitation]:
    """List the invitations that no one accepted, newest first."""
    _must_manage(request)
    return list(Invitation.objects.open())


@router.post("/invitations", response={201: InvitationOut, 403: Problem, 409: Problem, 422: Problem, 429: Problem})
def invite(request: Request, response: HttpResponse, payload: MemberIn) -> Status[Invitation]:
    """Invite an address to a role, in place of an open invitation to it. 409 for one that is on the team."""
    _must_manage(request)
    _must_grant(request, payload.role)
    limit("team.invited", sender(request), per_minute=PER_SENDER)
    check_email(payload.email)
    return Status(201, Invitation.objects.invite(normalise(payload.email), payload.role, by=request.auth, now=clock.now()))


@router.delete("/invitations/{invitation_id}", response={204: None, 403: Problem, 404: Problem, 409: Problem})
def revoke(request: Request, invitation_id: Id) -> Status[None]:
    """Let the link of an invitation work no more."""
    _must_manage(request)
    invitation = Invitation.objects.filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    _must_grant(request, invitation.role)
    invitation.revoke(now=clock.now())
    return Status(204, None)


@router.put("/{member_id}/role", response={200: MemberOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def change_role(request: Request, member_id: Id, payload: RoleIn) -> User:
    """Give one of the team another role. 409 for the last administrator."""
    member = _managed(request, member_id)
    _must_grant(request, payload.role)
    members.change_role(member, payload.role)
    return member


@router.put("/{member_id}/deactivation", response={200: MemberOut, 403: Problem, 404: Problem, 409: Problem})
def deactivate(request: Request, member_id: Id) -> User:
    """Sign one of the team out everywhere, revoke their tokens, and let them in no more. Posts and comments stay."""
    member = _managed(request, member_id)
    members.deactivate(member, now=clock.now())
    return member


@router.delete("/{member_id}/deactivation", response={200: MemberOut, 403: Problem, 404: Problem, 409: Problem})
def reactivate(request: Request, member_id: Id) -> User:
    """Let one in again. Sessions and tokens from before stay ended."""
    member = _managed(request, member_id)
    members.reactivate(member)
    return member


@router.post("/{member_id}/transfer", response={202: Transferred, 403: Problem, 404: Problem, 409: Problem, 422: Problem})
def transfer(request: Request, member_id: Id, payload: TransferIn) -> Status[Transferred]:
    """Give all posts of one of the team to another."""
    member, to = _managed(request, member_id), User.objects.writers().filter(pk=payload.to).first()
    if to is None:
        raise Invalid({"to": [_("Choose someone else on the team who may write.")]})
    return Status(202, Transferred(posts=members.transfer(member, to)))


def _must_manage(request: Request) -> None:
    if not request.auth.can_manage_team():
        raise Forbidden(_("Your account may not manage the team. Ask an editor."))


def _must_grant(request: Request, role: str) -> None:
    if not request.auth.can_grant(role):
        raise Forbidden(_("Your account may not give this role. Ask an administrator."))


def _managed(request: Request, member_id: int) -> User:
    """Return one of the team about whom the caller may decide. Raises Forbidden, NotFound."""
    _must_manage(request)
    member = User.objects.team().select_related("profile").filter(pk=member_id).first()
    if member is None:
        raise NotFound
    if not request.auth.can_manage(member):
        raise Forbidden(_("Your account may not decide about this one of the team."))
    return member
