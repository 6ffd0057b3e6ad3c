"""Mailings from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from app.blog.errors import Refused
from app.newsletter import audience, steering
from app.newsletter.announcing import announce_again, last_of, mail_the_rest
from app.newsletter.models import Send
from owed import clock

LISTED = 50
VERBS: dict[str, tuple[str, Callable[[Send], object]]] = {
    "pause": ("let nothing more of it leave, until it is resumed", lambda send: steering.pause(send, by=None)),
    "resume": ("go on with a paused mailing", steering.resume),
    "cancel": ("close it for all who wait: they do not get it", steering.cancel),
    "rest": ("mail it to those from whom it was withheld", lambda send: mail_the_rest(send.pk)),
    "never": ("mail the post to all who never got it, as a mailing of its own", lambda send: _to_those_who_never_got_it(send)),
    "failed": ("send it again to those whose copy was refused", steering.retry_failed),
}


class Command(BaseCommand):
    help = "List the mailings of posts, and pause, resume or cancel one, or send again what was withheld or failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="verbs")
        verbs.add_parser("list", help=f"list the last {LISTED}")
        for verb, (text, _) in {"show": ("what became of each copy", str), **VERBS}.items():
            verbs.add_parser(verb, help=text).add_argument("id", type=int, help="the mailing, as `mailings list` numbers it")

    def handle(self, *args: Any, verb: str, id: int = 0, **options: Any) -> None:
        if verb == "list":
            for each in Send.objects.select_related("post").order_by("-pk")[:LISTED]:
                self.stdout.write(f"{_line(each)}  {each.post.title}")
            return
        send = Send.objects.filter(pk=id).first()
        if send is None:
            raise CommandError(f"There is no mailing {id}. `manage.py mailings list` lists them.")
        if verb in VERBS:
            _decide(VERBS[verb][1], send)
        self._show(Send.objects.get(pk=id))

    def _show(self, send: Send) -> None:
        self.stdout.write(_line(send))
        for state, number in send.balance().items():
            if number or state == "candidates":
                self.stdout.write(f"  {number:>8,}  {state}")


def _to_those_who_never_got_it(send: Send) -> None:
    post_id, number = send.post_id, last_of(send.post_id).round + 1
    wanted = audience.read(audience.NEVER, post_id=post_id)
    announce_again(post_id, number, by=None, now=clock.now(), audience=wanted)


def _decide(verb: Callable[[Send], object], send: Send) -> None:
    try:
        verb(send)
    except Refused as error:
        raise CommandError(str(error)) from error


def _line(send: Send) -> str:
    when = timezone.localtime(send.created_at).strftime("%Y-%m-%d %H:%M")
    state = "paused" if send.is_paused else send.state
    return f"{send.pk}  {when}  post {send.post_id}, round {send.round}  {state}"
