"""Tokens: a program signs in once and keeps the token."""

from typing import Annotated

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.models import ApiToken, User
from app.accounts.models.token import digest
from app.accounts.rate_limit import TOO_MANY, may_sign_in, signed_in
from app.api.auth import Request
from app.api.errors import Problem, Refusal, TooMany
from app.api.fields import Line, Strict

router = Router(tags=["tokens"])


class SignIn(Strict):
    username: Annotated[str, Field(max_length=150)]
    password: Annotated[str, Field(max_length=1000)]
    name: Annotated[Line, Field(max_length=100)] = ""


class Issued(Schema):
    """The token in clear: it cannot be shown again."""

    token: str
    name: str


class BadSignIn(Refusal):
    status = 401


@router.post("", auth=None, response={201: Issued, 401: Problem, 422: Problem, 429: Problem})
def sign_in(request: HttpRequest, payload: SignIn) -> Status[dict[str, str]]:
    """Exchange a name and a password for a token."""
    if not may_sign_in(request, payload.username):
        raise TooMany(str(TOO_MANY))
    if "\x00" in payload.username:
        raise BadSignIn(_("The name or the password is wrong."))
    user = authenticate(request, username=payload.username, password=payload.password)
    if not isinstance(user, User):
        raise BadSignIn(_("The name or the password is wrong."))
    signed_in(request, payload.username)
    _row, token = ApiToken.objects.issue(user, payload.name or "API")
    return Status(201, {"token": token, "name": payload.name or "API"})


@router.delete("/current", response={204: None, 401: Problem})
def sign_out(request: Request) -> Status[None]:
    """Revoke the token that this request is sent with."""
    text = request.headers["Authorization"].partition(" ")[2].strip()
    for token in ApiToken.objects.filter(digest=digest(text)):
        token.revoke()
    return Status(204, None)
