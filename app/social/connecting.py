"""Connect an account, after looking at what can be wrong with it."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q

from app.accounts.models import User
from app.outbound import http
from app.outbound.addresses import NEVER_PORTS, Address, permitted, resolve
from app.outbound.errors import OutboundFailed, Unreachable
from app.social.models import Account
from app.social.models.account import AccountQuerySet
from app.social.networks import NETWORKS
from app.social.networks.base import Login, Network
from app.social.networks.outcomes import Declined, Revoked, Unknown
from app.social.networks.webhook import Webhook, is_secret, new_secret
from app.social.sharing import resume
from owed import GiveUp, Later, clock
from owed.scrubbing import scrub

LOOKUP_SECONDS, VISIT_SECONDS = 2.0, 5.0
OURSELVES = ("localhost", "127.0.0.1", "::1")


class CannotConnect(ValueError):
    """The account cannot be connected; the message says what to change."""


def connect(
    *, network: str, name: str, endpoint: str = "", handle: str = "", secret: str = "", owner: User | None = None
) -> tuple[Account, str]:
    """Return an account and its secret in clear, made here where a webhook has none yet. Raises CannotConnect.

    An account that somebody has over there is looked up first; connecting the same again gives it the new secret.
    """
    if network not in NETWORKS:
        raise CannotConnect(f"{network} is none of the networks {', '.join(NETWORKS)}.")
    if not name.strip():
        raise CannotConnect("Give the account a name.")
    if NETWORKS[network].signs_in:
        endpoint, secret = _server(NETWORKS[network], endpoint), secret.strip()
        handle = _identified(NETWORKS[network], endpoint, handle.strip().lstrip("@"), secret)
        same = Account.objects.filter(network=network, endpoint=endpoint, handle=handle)
        if known := _known(same, owner):
            return _renewed(known, secret, owner), secret
    elif network == Webhook.name:
        _check(endpoint)
        _check_host(endpoint)
        secret = secret.strip() or new_secret()
        if not is_secret(secret):
            raise CannotConnect("The secret must be whsec_ and base64. Leave it empty, and one is made.")
        same = Account.objects.filter(network=network, endpoint=endpoint, owner=owner)
        if known := _known(same, owner):
            return _renewed(known, secret, owner), secret
    account = Account(network=network, name=name.strip()[:100], endpoint=endpoint, handle=handle, owner=owner)
    account.secret = secret
    account.save()
    return account, secret


def is_unknown(endpoint: str) -> bool:
    """Return whether the endpoint's name leads nowhere at the moment: it may yet be entered, so this is no refusal."""
    return not _addresses(endpoint)


def _server(kind: type[Network], text: str) -> str:
    """Return the address of the server that was typed, or of the one that it says its pages have moved to."""
    typed = (text or kind.address).strip()
    address = _secure(typed if "://" in typed else f"https://{typed}")
    try:
        reply = http.request("GET", address + kind.about, seconds=VISIT_SECONDS, follow=3)
    except OutboundFailed:
        return address
    return _secure(reply.moved_to) if reply.ok and reply.moved_to else address


def _secure(address: str) -> str:
    """Return a server's address, without what people paste along. Passwords go over https, or to this machine."""
    _check(address)
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in OURSELVES:
        raise CannotConnect("The server's address must begin with https: a password goes there.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _identified(kind: type[Network], endpoint: str, handle: str, secret: str) -> str:
    """Use the credentials once. Raises CannotConnect."""
    if not secret:
        raise CannotConnect("Give the access token or app password that was made for this site.")
    try:
        return kind(Login(account_id=0, endpoint=endpoint, handle=handle, secret=secret)).identify()[:300]
    except Revoked:
        raise CannotConnect("The server does not accept these credentials. Make new ones there and paste them whole.") from None
    except (GiveUp, Later, Declined, Unknown, OutboundFailed, KeyError, TypeError) as error:
        why = scrub(str(error)) if not isinstance(error, KeyError | TypeError) else "the answer is not what this API says"
        raise CannotConnect(f"The server could not be asked: {why.rstrip('.')}.") from None


def _known(same: AccountQuerySet, owner: User | None) -> Account | None:
    """Return the account that stands, or one that its owner removed: what was shared through it is not shared again."""
    known = same.filter(Q(removed_at=None) | Q(owner=owner))
    return known.order_by(F("removed_at").asc(nulls_first=True), "pk").first()


def _renewed(account: Account, secret: str, owner: User | None) -> Account:
    if account.owner != owner:
        raise CannotConnect("Somebody else here has connected this account already.")
    account.secret = secret
    fresh = {"secret_encrypted": account.secret_encrypted, "session_encrypted": "", "removed_at": None}
    Account.objects.filter(pk=account.pk).update(**fresh)
    resume(account, now=clock.now())
    return account


def _check(endpoint: str) -> None:
    try:
        http.check(endpoint)
    except Unreachable:
        raise CannotConnect("The endpoint must be an http or https URL without a user name.") from None
    if len(endpoint) > 500:
        raise CannotConnect("The endpoint is longer than 500 characters.")


def _check_host(endpoint: str) -> None:
    """Raise CannotConnect for what every call would be refused: better now than after two days of tries."""
    allow = [ip_network(text) for text in settings.OUTBOUND_ALLOW]
    if _port(endpoint) in NEVER_PORTS or not all(permitted(address, allow) for address in _addresses(endpoint)):
        raise CannotConnect("This endpoint can never be called from here: its host or port is not a public one.")


def _addresses(endpoint: str) -> list[Address]:
    try:
        return resolve(urlsplit(endpoint).hostname or "", _port(endpoint), seconds=LOOKUP_SECONDS)
    except OSError:
        return []


def _port(endpoint: str) -> int:
    parts = urlsplit(endpoint)
    try:
        return parts.port if parts.port is not None else {"http": 80, "https": 443}[parts.scheme]
    except ValueError:  # above 65535: as little of a port as 0
        return 0
