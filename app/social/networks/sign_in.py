"""Networks on which a person has an account: a server, and a token or password for it."""

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from app.outbound import http
from app.outbound.errors import OutboundFailed
from app.social.networks.base import CannotConnect, Login, Network
from app.social.networks.endpoints import check_address
from app.social.networks.outcomes import Declined, Revoked, Unknown
from owed import GiveUp, Later
from owed.scrubbing import scrub

VISIT_SECONDS = 5.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HANDLE_LENGTH = 300


class SignInNetwork(Network):
    """Connecting uses the credentials once.

    `default_server`: where an account lives unless another server is typed.
    `about`: a path at which any server of the network describes itself without credentials.
    """

    same_by = ("endpoint", "handle")
    default_server: ClassVar[str] = ""
    about: ClassVar[str]

    @classmethod
    def connect(cls, typed: Login) -> Login:
        login = replace(
            typed,
            endpoint=cls._server(typed.endpoint),
            handle=typed.handle.strip().lstrip("@"),
            secret=typed.secret.strip(),
        )
        return replace(login, handle=cls._identified(login))

    @abstractmethod
    def identify(self) -> str:
        """Return the name that the network knows the account by, after using its credentials."""

    @classmethod
    def _server(cls, text: str) -> str:
        """Return the address of the server that was typed, or of the one that it redirects to."""
        typed = (text or cls.default_server).strip()
        address = _secure(typed if "://" in typed else f"https://{typed}")
        try:
            reply = http.request("GET", address + cls.about, seconds=VISIT_SECONDS, follow=3)
        except OutboundFailed:
            return address
        return _secure(reply.moved_to) if reply.ok and reply.moved_to else address

    @classmethod
    def _identified(cls, login: Login) -> str:
        if not login.secret:
            raise CannotConnect(_("Enter the access token or app password that was made for this site."))
        try:
            return cls(login).identify()[:HANDLE_LENGTH]
        except Revoked:
            raise CannotConnect(
                _("The server does not accept these credentials. Make new ones there and paste all of them.")
            ) from None
        except (GiveUp, Later, Declined, Unknown, OutboundFailed) as error:
            why = scrub(str(error)).rstrip(".")
        except (KeyError, TypeError):
            why = "the answer is not what this API says"
        raise CannotConnect(_("Could not ask the server: %(why)s.") % {"why": why})


def _secure(address: str) -> str:
    """Return a server's address without what people paste along with it. Passwords go over https, or to this machine."""
    check_address(address)
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise CannotConnect(_("The server's address must begin with https: a password is sent there."))
    return f"{parts.scheme}://{parts.netloc.lower()}"
