"""An endpoint is connected, changed, given another secret, and tried out. Looking up its address needs no open transaction."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.blog.errors import Refused
from app.log.actions import Action
from app.log.models import Entry
from app.social.connecting import connect
from app.social.models import Account
from app.social.networks.base import CannotConnect
from app.social.networks.endpoints import check_address, check_host
from app.social.networks.webhook import Webhook, new_secret
from app.webhooks import effects
from app.webhooks.choosing import check_choice, choose
from app.webhooks.events import TEST
from app.webhooks.models import Call
from owed import clock, owe


class EndpointOff(Refused):
    """The endpoint gets no calls."""


class SecretReplaced(Refused):
    """Another request was quicker."""


def create(owner: User, name: str, url: str, events: Collection[str] | None) -> Account:
    """Return an endpoint, whose secret is shown this once. Raises CannotConnect, and Refused for the events.

    One that the owner has at this address already gets the new secret, as in the studio.
    """
    if events is not None:
        check_choice(owner, events)
    account, _secret = connect(network=Webhook.name, name=name, endpoint=url, owner=owner)
    if events is not None:
        choose(account, events)
    return account


def move(account: Account, url: str) -> None:
    """Call another address from now on. The secret stays. Raises CannotConnect."""
    check_address(url)
    check_host(url)
    same = Account.objects.connected().filter(network=Webhook.name, endpoint=url, owner=account.owner)
    if same.exclude(pk=account.pk).exists():
        raise CannotConnect(_("Another webhook of this person has this address already."))
    account.endpoint = url
    account.save(update_fields=["endpoint"])


def rename(account: Account, name: str) -> None:
    account.name = name
    account.save(update_fields=["name"])


@transaction.atomic
def rotate(account: Account, *, keep_old: bool) -> str:
    """Return a new secret, which is shown this once. With `keep_old` the one before signs as well, until the next rotation.

    Raises SecretReplaced.
    """
    before, secret = account.secret_encrypted, new_secret()
    account.secret = f"{secret} {account.secret.split()[0]}" if keep_old and account.secret else secret
    mine = Account.objects.connected().filter(pk=account.pk, secret_encrypted=before)
    if not mine.update(secret_encrypted=account.secret_encrypted):
        raise SecretReplaced(_("The secret was replaced by another request. Nothing was done here."))
    Entry.objects.note(Action.SETTINGS_CHANGED, account, account.name, renewed="secret")
    return secret


@transaction.atomic
def try_out(account: Account) -> Call:
    """Owe a call that says nothing but that it is a test. Raises EndpointOff."""
    if not account.active:
        raise EndpointOff(_("The account is off."))
    call = Call.objects.create(account=account, event=TEST, subjects=[], at=clock.now())
    owe(effects.call.si(account_id=account.pk, call_id=call.pk), about=f"account:{account.pk}")
    return call
