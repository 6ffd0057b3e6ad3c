"""Connect an account after checking what can be wrong with it."""

from unicodedata import category

from django.db.models import F, Q
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.social.models import Account
from app.social.networks import NETWORKS
from app.social.networks.base import CannotConnect, Login, Network
from app.social.networks.endpoints import is_unknown
from app.social.sharing import resume
from owed import clock

__all__ = ["CannotConnect", "connect", "is_unknown"]


def connect(
    *, network: str, name: str, endpoint: str = "", handle: str = "", secret: str = "", owner: User | None = None
) -> tuple[Account, str]:
    """Return an account and its secret in clear, made here where the network makes one. Raises CannotConnect.

    Connecting the same account again gives it the new secret.
    """
    if network not in NETWORKS:
        raise CannotConnect(
            _("%(network)s is not one of the networks: %(networks)s.") % {"network": network, "networks": ", ".join(NETWORKS)}
        )
    if not name.strip():
        raise CannotConnect(_("Give the account a name."))
    kind, secret = NETWORKS[network], secret.strip()
    if any(category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in secret):
        raise CannotConnect(_("The secret contains an invisible character. Copy it again, without what is around it."))
    login = kind.connect(Login(endpoint=endpoint, handle=handle, secret=secret))
    if known := _known(kind, login, owner):
        return _renewed(known, login.secret, owner), login.secret
    account = Account(network=network, name=name.strip()[:100], endpoint=login.endpoint, handle=login.handle, owner=owner)
    account.secret = login.secret
    account.save()
    return account, login.secret


def _known(kind: type[Network], login: Login, owner: User | None) -> Account | None:
    """Return the connected account, or one that its owner removed: what was shared through it is not shared again."""
    if not kind.same_by:
        return None
    values = {"endpoint": login.endpoint, "handle": login.handle, "owner": owner}
    same = Account.objects.filter(network=kind.name, **{field: values[field] for field in kind.same_by})
    known = same.filter(Q(removed_at=None) | Q(owner=owner))
    return known.order_by(F("removed_at").asc(nulls_first=True), "pk").first()


def _renewed(account: Account, secret: str, owner: User | None) -> Account:
    if account.owner != owner:
        raise CannotConnect(_("Another person here has connected this account already."))
    account.secret = secret
    fresh = {"secret_encrypted": account.secret_encrypted, "session_encrypted": "", "removed_at": None}
    Account.objects.filter(pk=account.pk).update(**fresh)
    resume(account, now=clock.now())
    return account
