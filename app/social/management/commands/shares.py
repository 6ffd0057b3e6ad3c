"""List what networks still show and the site has no more, and have it deleted there."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from app.social.sharing import follow
from app.social.strays import Stray, strays


class Command(BaseCommand):
    help = (
        "List shares whose post is not public here any more: network, account, address there, and what became of the post. "
        "What was shared after the backup from which this database was restored is in no row: look at the accounts themselves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--strays", action="store_true", required=True, help="those of posts that are not public here")
        parser.add_argument("--withdraw", action="store_true", help="let workers delete them there")

    def handle(self, *args: Any, withdraw: bool, **options: Any) -> None:
        found = list(strays())
        for each in found:
            self.stdout.write(_line(each))
        self.stdout.write(_("%(number)s in all") % {"number": f"{len(found):,}"})
        if withdraw and found:
            owed = follow({each.share.post_id for each in found})
            self.stdout.write(_("%(number)s deliveries are owed; workers delete them there.") % {"number": f"{owed:,}"})


def _line(stray: Stray) -> str:
    account = stray.share.account
    notes = [
        stray.why,
        *([] if stray.is_certain else [_("it is not known whether it arrived")]),
        *([_("the account was removed here: delete it there by hand")] if account.removed_at else []),
    ]
    address = stray.share.remote_url or stray.share.remote_id or "-"
    return f"{account.network}\t{account.name}\t{address}\t{stray.title or f'post {stray.share.post_id}'} ({'; '.join(notes)})"
