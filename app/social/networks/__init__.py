"""The networks that can be spoken to. One more is one file and one line here."""

from app.social.models import Account
from app.social.networks.base import Login, Network
from app.social.networks.bluesky import Bluesky
from app.social.networks.dummy import Dummy
from app.social.networks.mastodon import Mastodon
from app.social.networks.webhook import Webhook
from owed import GiveUp

NETWORKS: dict[str, type[Network]] = {network.name: network for network in (Mastodon, Bluesky, Webhook, Dummy)}


def network_of(account: Account) -> Network:
    """Return the way to speak through an account. Raises GiveUp, SealBroken."""
    kind = kind_of(account)
    return kind(Login(account_id=account.pk, endpoint=account.endpoint, handle=account.handle, secret=account.secret))


def kind_of(account: Account) -> type[Network]:
    """Return an account's network. Raises GiveUp."""
    if account.network not in NETWORKS:
        raise GiveUp(f"No network called {account.network} is installed.")
    return NETWORKS[account.network]


def key_for(account: Account) -> str:
    """Mint the key of one post on an account, in the network's own form."""
    return NETWORKS.get(account.network, Dummy).new_key()
