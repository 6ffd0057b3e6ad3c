"""Which events an endpoint gets, by its owner's choice and rights."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from app.accounts.models import User
from app.blog.errors import Refused
from app.log.actions import Action
from app.log.models import Entry
from app.social.models import Account
from app.social.models.account import POSTS, AccountQuerySet
from app.social.networks.webhook import Webhook
from app.webhooks.events import open_to


def endpoints_of(user: User) -> AccountQuerySet:
    """Return the connected webhooks that the user manages."""
    return Account.objects.connected().managed_by(user).filter(network=Webhook.name)


def choices_for(account: Account) -> list[tuple[str, str | Promise]]:
    """Return the events that this endpoint may choose, each with its label."""
    return choices_of(account.owner)


def choices_of(owner: User | None) -> list[tuple[str, str | Promise]]:
    named = [(event.name, event.label) for event in open_to(owner)]
    return [(POSTS, gettext_lazy("Posts are published, revised and withdrawn")), *named]


def check_choice(owner: User | None, events: Collection[str]) -> list[str]:
    """Return the names of all that the owner may choose. Raises Refused where one of the events is not among them."""
    known = [name for name, _label in choices_of(owner)]
    if unknown := sorted(set(events) - set(known)):
        raise Refused(_("Not an event that this endpoint may choose: %(events)s.") % {"events": ", ".join(unknown)})
    return known


def choose(account: Account, events: Collection[str]) -> None:
    """Let the endpoint get these events from now on. Raises Refused for one that its owner may not have, or no one knows."""
    known = check_choice(account.owner, events)
    account.events = [name for name in known if name in events]
    account.save(update_fields=["events"])
    Entry.objects.note(Action.SETTINGS_CHANGED, account, account.name, events=account.events)
