"""What each kind of notice answers, and the list of all kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from app.notices.models import Notice
    from app.notices.preferences import Preference

K = TypeVar("K", bound="type[Kind]")


class UnknownKind(Exception):
    """No room registers a kind of notice by this name."""


class Kind(ABC):
    """One kind of notice. `name` is stored with each notice: a kind that is renamed needs a migration of its rows."""

    name: ClassVar[str]
    template: ClassVar[str]  # without its ending: there is a .txt and a .html
    preference: ClassVar[Preference | None] = None  # what a link in the mail turns off
    is_digested: ClassVar[bool] = False  # several about one post, minutes apart, become one mail
    reaches_unconfirmed: ClassVar[bool] = False  # also goes to an address that may be a stranger's
    priority: ClassVar[int] = 0  # AWAITED where someone waits for the mail before the screen
    once_for_good: ClassVar[bool] = False  # its row stays with the account, so that it is never owed a second time

    @abstractmethod
    def subject(self, notice: Notice, number: int) -> str:
        """Return the subject of a mail that holds `number` notices, of which this is the last."""

    def links(self, notice: Notice) -> dict[str, Any]:
        """Return what the templates need besides `notice`, `notices` and `subject`."""
        return {}

    def address(self, notice: Notice) -> str:
        """Return where the mail goes. Empty where that address is gone."""
        return str(notice.recipient.email)

    def has_opted_out(self, notice: Notice) -> bool:
        return self.preference is not None and not self.preference.allows(notice.recipient)

    def obsolete(self, notice: Notice) -> str:
        """Return why the notice need not be sent any more, as the row keeps it. Empty where it is still to be sent."""
        return ""


KINDS: dict[str, Kind] = {}


def register(kind: K) -> K:
    """Make a kind known by its name."""
    KINDS[kind.name] = kind()
    return kind


def get(name: str) -> Kind:
    """Return a kind by its name. Raises UnknownKind."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(name) from None


def discover(package: str) -> None:
    """Import each file of a package of kinds: one more kind is one more file there."""
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
