"""The newsletter's readers: anyone asks to subscribe and confirms by email; editors see and manage the list."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from app.accounts.rate_limit import PER_SENDER, address, sender
from app.api.auth import Request, must_manage_subscribers
from app.api.errors import Invalid, NotFound, Problem
from app.api.fields import Id, Line, Strict, Text
from app.api.limits import limit
from app.mail.errors import BadAddress
from app.mail.forms import validate_address
from app.newsletter.forms import CONSENT
from app.newsletter.models import Subscriber
from app.newsletter.reader_facts import facts_of
from app.newsletter.subscriber_list import Filters, slice_of

router = Router(tags=["subscribers"])

Email = Annotated[Line, Field(max_length=254, json_schema_extra={"format": "idn-email"})]
State = Literal["pending", "confirmed", "unsubscribed", "bounced"]
HowOften = Literal["each", "daily", "weekly"]


class SubscriptionIn(Strict):
    email: Email


class Asked(Schema):
    """The same answer for every address, known or not."""

    detail: str = "If this address can subscribe, an email with a link to confirm is on its way."
    consent: str = str(CONSENT)


class Wanted(Schema):
    """Which subscribers: `q` in the address or the name, `since` and `until` days of joining, `after` the key of a page.

    `received` and `missed` are posts that reached them, or did not; none are found where its single deliveries are not kept.
    """

    q: Annotated[Line, Field(max_length=254)] = ""
    state: State | None = None
    frequency: HowOften | None = None
    source: Annotated[Line, Field(max_length=50)] = ""
    tag: Annotated[Line, Field(max_length=50)] = ""
    since: date | None = None
    until: date | None = None
    received: Id | None = None
    missed: Id | None = None
    after: Annotated[str, Field(max_length=40, pattern=r"^([0-9]{1,19}-[0-9]{1,19})?$")] = ""

    def filters(self) -> Filters:
        return Filters(**{name: value for name, value in self.dict(exclude={"after"}).items() if value})


class SubscriberOut(Schema):
    id: int
    email: str
    name: str
    state: str
    tags: list[str]
    frequency: str
    time_zone: str
    source: str
    created_at: datetime
    consented_at: datetime | None
    consent_text: str
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None


class SubscriberPage(Schema):
    """Newest first. `next` is the `after` of the next page, empty on the last; `counts` are all that match, by state."""

    items: list[SubscriberOut]
    next: str
    counts: dict[str, int]


class Outcome(Schema):
    state: str
    error: str
    attempts: int
    submitted_at: datetime | None
    finished_at: datetime | None
    message_id: str


class PostName(Schema):
    id: int
    title: str


class Mailed(Outcome):
    post: PostName
    round: int


class Digested(Outcome):
    """A daily or weekly digest: the day on which it was due, and the posts in it."""

    id: int
    period: date
    frequency: str
    posts: list[int]


class Question(Outcome):
    asked_at: datetime


class Reported(Schema):
    """`kind` is `gone`, `failed` or `complaint`; `status` the enhanced status code, such as 5.1.1."""

    kind: str
    status: str
    reported_at: datetime
    lifted_at: datetime | None
    message_id: str


class SubscriberDetail(SubscriberOut):
    """With the proof of consent, every email with a post that was owed, every question whether it was meant, every bounce."""

    consent_ip_digest: str
    mails: list[Mailed]
    digests: list[Digested]
    questions: list[Question]
    reports: list[Reported]


class TagsIn(Strict):
    tags: Annotated[list[Annotated[Line, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class FrequencyIn(Strict):
    """`each` post, or a `daily` or `weekly` digest. Without `time_zone` that one stays; empty is the publication's."""

    frequency: HowOften
    time_zone: Annotated[Line, Field(max_length=64)] | None = None


class InvitationIn(Strict):
    """`consent` says how the owner of the address agreed; it is kept as the proof, and quoted in the email."""

    email: Email
    name: Annotated[Line, Field(max_length=200)] = ""
    consent: Annotated[Text, Field(min_length=1, max_length=1000)]


@router.post("", auth=None, response={202: Asked, 422: Problem, 429: Problem})
def subscribe(request: HttpRequest, payload: SubscriptionIn) -> Status[Asked]:
    """Ask to subscribe by email."""
    limit("subscribers", sender(request), per_minute=PER_SENDER)
    check_email(payload.email)
    Subscriber.objects.subscribe(payload.email, source="api", consent=str(CONSENT), ip=address(request))
    return Status(202, Asked())


@router.get("", response={200: SubscriberPage, 403: Problem})
def list_subscribers(request: Request, wanted: Query[Wanted]) -> dict[str, Any]:
    """List subscribers, 50 to a page, for editors."""
    must_manage_subscribers(request.auth)
    filters = wanted.filters()
    page = slice_of(filters.found(), after=wanted.after)
    return {"items": page.subscribers, "next": page.older, "counts": filters.counts()}


@router.post("/invitations", response={201: SubscriberOut, 403: Problem, 409: Problem, 422: Problem, 429: Problem})
def invite(request: Request, response: HttpResponse, payload: InvitationIn) -> Status[Subscriber]:
    """Add an address by hand; an email asks it to confirm. 409 for one that is subscribed, has left, or was erased."""
    must_manage_subscribers(request.auth)
    limit("subscribers.added", sender(request), per_minute=PER_SENDER)
    check_email(payload.email)
    made = Subscriber.objects.invite(by_id=request.auth.pk, **payload.dict())
    response["Location"] = f"{request.path.removesuffix('/invitations')}/{made.pk}"
    return Status(201, made)


@router.get("/{subscriber_id}", response={200: SubscriberDetail, 403: Problem, 404: Problem})
def read_subscriber(request: Request, subscriber_id: Id) -> dict[str, Any]:
    """Read all that is kept of one reader."""
    found = _managed(request, subscriber_id)
    return {"id": found.pk, **facts_of(found)}


@router.put("/{subscriber_id}/tags", response={200: SubscriberOut, 403: Problem, 404: Problem, 422: Problem})
def tag(request: Request, subscriber_id: Id, payload: TagsIn) -> Subscriber:
    """Replace the tags of one reader."""
    found = _managed(request, subscriber_id)
    found.retag(payload.tags)
    return found


@router.put("/{subscriber_id}/frequency", response={200: SubscriberOut, 403: Problem, 404: Problem, 422: Problem})
def choose_frequency(request: Request, subscriber_id: Id, payload: FrequencyIn) -> Subscriber:
    """Mail one reader each post, or a digest of them. What waits for a digest goes out with the next one."""
    found = _managed(request, subscriber_id)
    found.choose_frequency(payload.frequency, found.time_zone if payload.time_zone is None else payload.time_zone)
    return found


@router.delete("/{subscriber_id}/subscription", response={200: SubscriberOut, 403: Problem, 404: Problem})
def unsubscribe(request: Request, subscriber_id: Id) -> Subscriber:
    """Stop every email to one reader, also those already queued. Safe to do twice."""
    found = _managed(request, subscriber_id)
    found.unsubscribe()
    found.refresh_from_db()
    return found


@router.delete("/{subscriber_id}/suppression", response={200: SubscriberOut, 403: Problem, 404: Problem, 409: Problem})
def lift(request: Request, subscriber_id: Id) -> Subscriber:
    """Email an address again that was held back for bounces. 409 where it is not."""
    found = _managed(request, subscriber_id)
    found.lift()
    return found


@router.delete("/{subscriber_id}", response={204: None, 403: Problem, 404: Problem})
def erase(request: Request, subscriber_id: Id) -> Status[None]:
    """Forget one reader for good. What was sent stays counted, without the address."""
    _managed(request, subscriber_id).erase()
    return Status(204, None)


def check_email(email: str) -> None:
    """Raise Invalid for what is not an address."""
    try:
        validate_address(email)
    except (BadAddress, ValidationError):
        raise Invalid({"email": [_("Enter a valid email address.")]}) from None


def _managed(request: Request, subscriber_id: int) -> Subscriber:
    """Return a subscriber. Raises Forbidden, NotFound."""
    must_manage_subscribers(request.auth)
    found = Subscriber.objects.filter(pk=subscriber_id).first()
    if found is None:
        raise NotFound
    return found
