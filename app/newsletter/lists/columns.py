"""What the columns of other systems' exports mean, and one record read by them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy

from app.mail.addresses import normalise
from app.mail.errors import BadAddress
from app.mail.forms import validate_address
from app.newsletter.models.frequency import Frequency, zones
from app.newsletter.models.subscriber import NAME, SubscriberState, tidy_tags

FIELDS = {
    "": gettext_lazy("Leave out"),
    "email": gettext_lazy("Email address"),
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "tags": gettext_lazy("Tags"),
    "joined": gettext_lazy("Joined at"),
    "confirmed": gettext_lazy("Confirmed at"),
    "status": gettext_lazy("Status"),
    "wanted": gettext_lazy("Wants email (yes or no)"),
    "disabled": gettext_lazy("Email is off (yes or no)"),
    "left": gettext_lazy("Unsubscribed at"),
    "bounced": gettext_lazy("Bounced at"),
    "frequency": gettext_lazy("How often (each, daily or weekly)"),
    "time_zone": gettext_lazy("Time zone"),
}
"""What a column may be."""

NAMES = {
    "email": {"email", "email address", "email_address", "e-mail", "e-mail address", "mail"},
    "name": {"name", "full name", "full_name"},
    "first_name": {"first name", "first_name", "firstname", "fname"},
    "last_name": {"last name", "last_name", "lastname", "lname"},
    "tags": {"tags", "labels"},
    "joined": {"created_at", "creation_date", "created", "joined", "optin_time", "subscribed_at"},
    "confirmed": {"confirm_time", "confirmed_at"},
    "status": {"status", "state", "type", "subscriber_type"},
    "wanted": {"subscribed_to_emails", "subscribed"},
    "disabled": {"email_disabled"},
    "left": {"unsub_time", "unsubscribed_at", "unsubscription_date", "deleted_at"},
    "bounced": {"clean_time"},
    "frequency": {"frequency"},
    "time_zone": {"time_zone", "time zone", "timezone"},
}
FORMATS = (
    ("Ghost", {"email", "subscribed_to_emails", "complimentary_plan"}),
    ("Substack", {"email", "active_subscription", "email_disabled"}),
    ("Mailchimp", {"email address", "leid", "euid"}),
    ("listmonk", {"uuid", "email", "attributes", "status"}),
    ("Buttondown", {"email_address", "creation_date"}),
    ("Buttondown", {"email", "creation_date", "subscriber_type"}),
    ("Afterword", {"email", "state", "consent_text"}),
)
STATES = {
    **dict.fromkeys(
        ("confirmed", "subscribed", "active", "enabled", "regular", "premium", "gifted", "trialed", "unpaid", "churning",
         "paused", "past_due", "free", "paid", "comped"),
        SubscriberState.CONFIRMED,
    ),
    **dict.fromkeys(("pending", "unconfirmed", "unactivated"), SubscriberState.PENDING),
    **dict.fromkeys(
        ("unsubscribed", "disabled", "blocklisted", "removed", "spammy", "complained", "inactive", "non-subscribed",
         "archived", "blocked"),
        SubscriberState.UNSUBSCRIBED,
    ),
    **dict.fromkeys(("bounced", "cleaned", "undeliverable"), SubscriberState.BOUNCED),
}  # fmt: skip
YES, NO = {"true", "yes", "y", "1", "on", "t"}, {"false", "no", "n", "0", "off", "f", ""}
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One line of a list. `problem` says why it cannot be taken; `note` what of it was not."""

    email: str = ""
    name: str = ""
    state: SubscriberState = SubscriberState.CONFIRMED
    joined: datetime | None = None
    confirmed: datetime | None = None
    left: datetime | None = None
    tags: tuple[str, ...] = ()
    frequency: str = Frequency.EACH
    time_zone: str = ""
    problem: str = ""
    note: str = ""


def format_of(header: Sequence[str]) -> str:
    """Return the system that writes such a file, or nothing."""
    names = {name.lower() for name in header}
    return next((name for name, columns in FORMATS if columns <= names), "")


def guessed(header: Sequence[str]) -> list[str]:
    """Return what each column probably is; nothing is guessed twice."""
    fields: list[str] = []
    for name in header:
        found = next((field for field, names in NAMES.items() if name.lower() in names), "")
        fields.append(found if found not in fields else "")
    return fields


def is_header(cells: Sequence[str]) -> bool:
    """Return whether these name columns: a list without a header begins with an address."""
    return not any(_address(cell) for cell in cells)


def read(cells: Sequence[str], mapping: Sequence[str], *, now: datetime) -> Reader:
    """Return what a record says by these columns."""
    said = {field: _plain(cell) for field, cell in zip(mapping, cells, strict=False) if field}
    email = _address(said.get("email", ""))
    if not email:
        return Reader(problem="bad_address" if said.get("email") else "no_address")
    state = _state(said)
    if state is None:
        return Reader(email=email, problem="unknown_status")
    times = {field: _time(said.get(field, ""), now) for field in ("joined", "confirmed", "left")}
    unread = any(said.get(field) and times[field] is None for field in times)
    name = said.get("name") or " ".join(filter(None, (said.get("first_name"), said.get("last_name"))))
    tags = _tags(said.get("tags", ""))
    frequency, time_zone, note = _frequency(said)
    return Reader(
        email=email,
        name=name[:NAME],
        state=state,
        tags=tags,
        frequency=frequency,
        time_zone=time_zone,
        note=note or ("date" if unread else ""),
        joined=times["joined"],
        confirmed=times["confirmed"],
        left=times["left"],
    )


def _state(said: dict[str, str]) -> SubscriberState | None:
    """Return the most careful reading: one column that says so is enough for someone to have left."""
    wanted, disabled = said.get("wanted", "yes").lower(), said.get("disabled", "").lower()
    status = STATES.get(said.get("status", "").lower() or "confirmed")
    if status is None or wanted not in YES | NO or disabled not in YES | NO:
        return None
    if said.get("bounced"):
        return SubscriberState.BOUNCED
    if status == SubscriberState.CONFIRMED and (said.get("left") or wanted in NO or disabled in YES):
        return SubscriberState.UNSUBSCRIBED
    return status


def _frequency(said: dict[str, str]) -> tuple[str, str, str]:
    """Return how often and where, as far as both are known, and a note of what was left out."""
    frequency, time_zone = said.get("frequency", "").lower() or Frequency.EACH, said.get("time_zone", "")
    known, zone = frequency in Frequency.values, not time_zone or time_zone in zones()
    note = "frequency" if not known else "" if zone else "time_zone"
    return str(frequency) if known else Frequency.EACH, time_zone if zone else "", note


def _address(text: str) -> str:
    try:
        validate_address(text)
        return normalise(text)
    except (BadAddress, ValidationError):
        return ""


def _plain(cell: str) -> str:
    """Return a cell on one line, without the apostrophe that an export puts before what a spreadsheet would calculate."""
    text = " ".join(cell.split())
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text


def _time(text: str, now: datetime) -> datetime | None:
    try:
        day = parse_date(text[:10]) if len(text) <= 10 else None
        found = datetime.combine(day, time.min) if day else parse_datetime(text)
    except ValueError:
        return None
    if found is None:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if EARLIEST <= found <= now else None


def _tags(text: str) -> tuple[str, ...]:
    """Return tags, written as a list of JSON, or with commas between them; with semicolons where there is no comma."""
    between = ";" if ";" in text and "," not in text else ","
    try:
        lines = csv.reader([text], delimiter=between, skipinitialspace=True)
        listed = json.loads(text) if text.startswith("[") else next(lines, [])
    except (ValueError, csv.Error):
        listed = text.split(",")
    return tuple(tidy_tags(str(each) for each in listed))
