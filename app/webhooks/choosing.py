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
    return [(POSTS, gettext_lazy("Posts are published, revised and withdrawn")), *named(account)]


def named(account: Account) -> list[tuple[str, str | Promise]]:
    return [(event.name, event.label) for event in open_to(account.owner)]


def choose(account: Account, events: Collection[str]) -> None:
    """Let the endpoint get these events from now on. Raises Refused for one that its owner may not have, or no one knows."""
    known = [name for name, _label in choices_for(account)]
    if unknown := sorted(set(events) - set(known)):
        raise Refused(_("Not an event that this endpoint may choose: %(events)s.") % {"events": ", ".join(unknown)})
    account.events = [name for name in known if name in events]
    account.save(update_fields=["events"])
    Entry.objects.note(Action.SETTINGS_CHANGED, account, account.name, events=account.events)
