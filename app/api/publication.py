"""A post's publication: made by publishing, taken away by withdrawing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from app.accounts.models import User
from app.api.auth import Request
from app.api.errors import Invalid, Problem
from app.api.fields import Id, Moment, Strict, Text
from app.api.mailing import Audience, Preview, Subject, audience_of
from app.api.permissions import publishable_post
from app.blog.models import Post
from app.newsletter import choices
from app.social.models import Account, ShareChoice
from app.social.models.choice import WORDING
from owed import clock

router = Router(tags=["publication"])


class Share(Strict):
    """One account that shares the post."""

    account: Id
    wording: Annotated[Text, Field(max_length=WORDING, description="Instead of title and excerpt; the link is added.")] = ""


class PublicationIn(Strict):
    """What is decided with a publication. A field that is left out is as the publication has it (studio, Mailings)."""

    where: Annotated[
        Literal["both", "site", "email"] | None, Field(description="On the site and by email, on the site only, by email only.")
    ] = None
    audience: Audience | None = None
    subject: Subject = ""
    preview: Preview = ""
    networks: Annotated[
        list[Share] | None, Field(max_length=50, description="The accounts that share it, of all those that would; null: all.")
    ] = None
    publish_at: Annotated[Moment | None, Field(description="Publish then; null: now.")] = None


class Publication(Schema):
    post: int
    status: str
    published_at: datetime | None
    publish_at: datetime | None
    url: str
    effects: str


ANSWERS = {201: Publication, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.post("/{post_id}/publication", response=ANSWERS)
def publish(request: Request, post_id: Id, payload: PublicationIn | None = None) -> Status[dict[str, object]]:
    """Publish, now or at a time. The first request makes the publication; to any other, 409 says that it is published.

    Without a body it is published as the publication does by default, mail included.
    """
    post = publishable_post(post_id, request.auth)
    decided = payload or PublicationIn()
    if decided.publish_at and decided.publish_at <= clock.now():
        raise Invalid({"publish_at": [_("That time is past. Choose a later one, or publish the post.")]})
    with transaction.atomic():
        on_site = _decide(request.auth, post, decided)
        if decided.publish_at:
            post.schedule(publish_at=decided.publish_at, on_site=on_site)
        else:
            post.publish(on_site=on_site)
    url = settings.SITE_URL + post.get_absolute_url()
    facts = {name: getattr(post, name) for name in ("status", "published_at", "publish_at")}
    return Status(201, {"post": post.pk, **facts, "url": url, "effects": f"/api/v1/effects?about=post:{post.pk}"})


def _decide(user: User, post: Post, decided: PublicationIn) -> bool | None:
    """Keep what the request says. Return whether the post is shown on the site; None: as was decided before."""
    if decided.networks is not None:
        ShareChoice.objects.choose(post.pk, _wording(post, decided.networks))
    if not decided.model_fields_set & {"where", "audience", "subject", "preview"}:
        return choices.where_by_default(post.pk)
    default = choices.by_default()
    wish = choices.Wish(
        where=decided.where or default.where,
        audience=default.audience if decided.audience is None else audience_of(decided.audience),
        subject=decided.subject,
        preview=decided.preview,
    )
    choices.choose(post.pk, wish, by=user.pk)
    return wish.on_site


def _wording(post: Post, shares: list[Share]) -> dict[int, str]:
    known = set(Account.objects.sharing(post).values_list("pk", flat=True))
    if strange := [each.account for each in shares if each.account not in known]:
        raise Invalid({"networks": [_("Account %(id)s does not share this post.") % {"id": strange[0]}]})
    return {each.account: each.wording for each in shares}


@router.delete("/{post_id}/publication", response={204: None, 403: Problem, 404: Problem, 409: Problem})
def withdraw(request: Request, post_id: Id) -> Status[None]:
    """Withdraw. 409 when it is not published."""
    publishable_post(post_id, request.auth).withdraw()
    return Status(204, None)
