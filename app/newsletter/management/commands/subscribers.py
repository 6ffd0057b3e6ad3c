"""The mailing list from a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from app.blog.errors import Refused
from app.mail.errors import BadAddress
from app.newsletter.lists import importing
from app.newsletter.lists.exporting import report_csv, subscribers_csv
from app.newsletter.models import Subscriber
from app.newsletter.models.frequency import Frequency
from app.newsletter.models.list_import import Outcome
from app.newsletter.reader_facts import facts_of
from app.newsletter.subscriber_list import Filters


class Command(BaseCommand):
    help = (
        "List subscribers, show all that is kept of one as JSON, add one by hand (an email asks to confirm), unsubscribe, "
        "erase one or lift its suppression, choose how often one gets email, import a list from CSV with a report of each line "
        "that was not simply added, export as CSV. Exit code 1: no such subscriber, or what was asked cannot be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        listing = does.add_parser("list", help="print state, day of joining and address, newest first")
        add_filters(listing)
        adding = does.add_parser("add", help="add an address by hand; an email asks to confirm")
        adding.add_argument("email")
        adding.add_argument("--consent", required=True, help="how the owner of the address agreed")
        adding.add_argument("--name", default="")
        bringing = does.add_parser("import", help="add the readers of a CSV file; without --ask, no one is emailed")
        bringing.add_argument("file", type=Path)
        bringing.add_argument("--consent", required=True, help="how these people agreed")
        bringing.add_argument("--ask", action="store_true", help="email each a question; only those who confirm get posts")
        bringing.add_argument("--dry-run", action="store_true", help="say what an import would do; add no one")
        add_filters(does.add_parser("export", help="print subscribers as CSV"))
        choosing = does.add_parser("frequency", help="mail one reader each post, or a daily or weekly digest")
        choosing.add_argument("email")
        choosing.add_argument("frequency", choices=Frequency.values)
        choosing.add_argument("--time-zone", help="where the days of the digests begin, as Europe/Berlin")
        for name, does_what in ONE.items():
            one = does.add_parser(name, help=does_what)
            one.add_argument("email")

    def handle(self, *args: Any, does: str, **options: Any) -> None:
        if does == "list":
            self._list(filters_of(options))
        elif does == "export":
            self.stdout.writelines(subscribers_csv(filters_of(options)))
        elif does == "import":
            self._import(options)
        elif does == "add":
            self._add(options)
        elif does == "frequency":
            self._choose(_named(options["email"]), options["frequency"], options["time_zone"])
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

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("%(path)s: there is no such file") % {"path": path})
        try:
            run = importing.whole(path, consent=options["consent"], ask=options["ask"], is_preview=options["dry_run"])
        except (Refused, ValidationError) as error:
            raise CommandError(str(error)) from error
        if run.error:
            raise CommandError(run.error)
        self.stdout.writelines(f"{Outcome(outcome).label}: {number:,}\n" for outcome, number in sorted(run.counts.items()))
        for line in report_csv(run):
            self.stdout.write(line, ending="")

    def _choose(self, subscriber: Subscriber, frequency: str, time_zone: str | None) -> None:
        try:
            subscriber.choose_frequency(frequency, subscriber.time_zone if time_zone is None else time_zone)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(_("Saved."))

    def _show(self, subscriber: Subscriber) -> None:
        self.stdout.write(json.dumps(facts_of(subscriber), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))

    def _unsubscribe(self, subscriber: Subscriber) -> None:
        self.stdout.write(_("Unsubscribed.") if subscriber.unsubscribe() else _("This address was unsubscribed before."))

    def _lift(self, subscriber: Subscriber) -> None:
        try:
            subscriber.lift()
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Lifted. The next mailing goes to this address again."))

    def _erase(self, subscriber: Subscriber) -> None:
        subscriber.erase()
        self.stdout.write(_("Erased."))


ONE = {
    "show": "print all that is kept of one reader, as JSON",
    "unsubscribe": "stop every email to one reader",
    "lift": "email an address again that was held back for bounces",
    "erase": "forget one reader for good",
}


def add_filters(parser: CommandParser) -> None:
    parser.add_argument("--q", default="", help="part of the address or of the name")
    parser.add_argument("--state", choices=Subscriber.State.values, default="")
    parser.add_argument("--frequency", choices=Frequency.values, default="", help="how often they get email")
    parser.add_argument("--source", default="")
    parser.add_argument("--tag", default="")
    parser.add_argument("--received", type=int, metavar="POST", help="whom this post reached")
    parser.add_argument("--missed", type=int, metavar="POST", help="whom this post did not reach")
    parser.add_argument("--since", type=parse_date, help="joined on this day or later, as 2026-05-31")
    parser.add_argument("--until", type=parse_date, help="joined on this day or earlier")


def filters_of(options: dict[str, Any]) -> Filters:
    return Filters(**{name: options[name] for name in Filters.__dataclass_fields__})


def _named(email: str) -> Subscriber:
    found = Subscriber.objects.at(email.strip()).first()
    if found is None:
        raise CommandError(_("No subscriber has the address %(email)s.") % {"email": email})
    return found
