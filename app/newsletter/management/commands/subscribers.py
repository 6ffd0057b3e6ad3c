"""The mailing list from a terminal."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from app.blog.errors import Refused
from app.mail.errors import BadAddress
from app.newsletter.models import Subscriber
from app.newsletter.reader_facts import facts_of
from app.newsletter.subscriber_list import Filters


class Command(BaseCommand):
    help = (
        "List subscribers, show all that is kept of one as JSON, add one by hand (an email asks to confirm), unsubscribe or "
        "erase one. Exit code 1: no such subscriber, or the address cannot be added."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        listing = does.add_parser("list", help="print state, day of joining and address, newest first")
        add_filters(listing)
        adding = does.add_parser("add", help="add an address by hand; an email asks to confirm")
        adding.add_argument("email")
        adding.add_argument("--consent", required=True, help="how the owner of the address agreed")
        adding.add_argument("--name", default="")
        for name, does_what in ONE.items():
            one = does.add_parser(name, help=does_what)
            one.add_argument("email")

    def handle(self, *args: Any, does: str, **options: Any) -> None:
        if does == "list":
            self._list(filters_of(options))
        elif does == "add":
            self._add(options)
        else:
            getattr(self, f"_{does}")(_named(options["email"]))

    def _list(self, filters: Filters) -> None:
        for each in filters.found().order_by("-created_at", "-pk").iterator(chunk_size=2000):
            self.stdout.write(f"{each.state:12} {each.created_at:%Y-%m-%d} {each.email}")

    def _add(self, options: dict[str, Any]) -> None:
        wanted = {name: options[name] for name in ("email", "name", "consent")}
        try:
            made = Subscriber.objects.invite(by_id=None, **wanted)
        except (Refused, BadAddress) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("An email asks %(email)s to confirm.") % {"email": made.email})

    def _show(self, subscriber: Subscriber) -> None:
        self.stdout.write(json.dumps(facts_of(subscriber), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))

    def _unsubscribe(self, subscriber: Subscriber) -> None:
        self.stdout.write(_("Unsubscribed.") if subscriber.unsubscribe() else _("This address was unsubscribed before."))

    def _erase(self, subscriber: Subscriber) -> None:
        subscriber.erase()
        self.stdout.write(_("Erased."))


ONE = {
    "show": "print all that is kept of one reader, as JSON",
    "unsubscribe": "stop every email to one reader",
    "erase": "forget one reader for good",
}


def add_filters(parser: CommandParser) -> None:
    parser.add_argument("--q", default="", help="part of the address or of the name")
    parser.add_argument("--state", choices=Subscriber.State.values, default="")
    parser.add_argument("--source", default="")
    parser.add_argument("--since", type=parse_date, help="joined on this day or later, as 2026-05-31")
    parser.add_argument("--until", type=parse_date, help="joined on this day or earlier")


def filters_of(options: dict[str, Any]) -> Filters:
    return Filters(**{name: options[name] for name in Filters.__dataclass_fields__})


def _named(email: str) -> Subscriber:
    found = Subscriber.objects.at(email.strip()).first()
    if found is None:
        raise CommandError(_("No subscriber has the address %(email)s.") % {"email": email})
    return found
