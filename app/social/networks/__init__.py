"""The networks that posts are shared on. One more is one file in this folder (docs/howto/add-a-network.md)."""

from importlib import import_module
from pkgutil import iter_modules

from django.utils.functional import Promise

from app.blog.models import Post
from app.social.models import Account
from app.social.networks.base import Login, Network
from owed import GiveUp

NETWORKS: dict[str, type[Network]] = {}


def discover() -> None:
    """Fill NETWORKS from the files of this folder."""
    for module in iter_modules(__path__):
        for thing in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, Network) and "name" in vars(thing):
                NETWORKS[thing.name] = thing


def choices() -> list[tuple[str, str | Promise]]:
    """Return the name and label of each network, in the order of their names."""
    return [(name, NETWORKS[name].label) for name in sorted(NETWORKS)]


def network_of(account: Account) -> Network:
    """Return the way to post through an account. Raises GiveUp, DecryptionFailed."""
    kind = kind_of(account)
    return kind(Login(account_id=account.pk, endpoint=account.endpoint, handle=account.handle, secret=account.secret))


def kind_of(account: Account) -> type[Network]:
    """Return an account's network. Raises GiveUp."""
    if account.network not in NETWORKS:
        raise GiveUp(f"No network called {account.network} is installed.")
    return NETWORKS[account.network]


def key_for(account: Account, post: Post, *, after: str = "") -> str:
    """Return the key of a post on an account, in the network's own form.

    It is made of what a row keeps for life. Numbers alone would come again after a restore, for another post. `after` is
    the key under which the post was shown before it was withdrawn.
    """
    seed = f"{account.pk} {account.created_at.timestamp()} {post.pk} {post.guid} {after}".rstrip()
    return NETWORKS.get(account.network, Network).new_key(seed, post.created_at)


discover()
