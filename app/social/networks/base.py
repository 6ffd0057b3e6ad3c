"""What every network is: one small file that posts, edits, deletes and finds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import uuid4


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be shown. `key` is the same at every try; `revision` tells one text from the next."""

    key: str
    post_id: int
    revision: int
    url: str
    title: str
    excerpt: str
    author: str
    published_at: datetime
    updated_at: datetime
    tags: list[str] = field(default_factory=list)
    picture: str = ""
    picture_alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where the network keeps it."""

    remote_id: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to reach an account."""

    account_id: int
    endpoint: str
    handle: str = ""
    secret: str = field(repr=False)


class Network(ABC):
    """One account on one network. Every method may raise what outcomes.py names, and Unreachable.

    `repeatable`: the other side knows a key it has seen, so that a try whose answer was lost is simply repeated.
    Elsewhere find() is asked first, and where it cannot tell, it raises Unknown: nothing is repeated in the dark.
    `signs_in`: the account belongs to somebody over there, whom identify() names.
    `about`: a path on which a server tells of itself to anybody.
    """

    name: ClassVar[str]
    repeatable: ClassVar[bool]
    signs_in: ClassVar[bool] = False
    address: ClassVar[str] = ""
    about: ClassVar[str] = ""

    def __init__(self, login: Login) -> None:
        self.login = login

    @classmethod
    def new_key(cls) -> str:
        """Mint the key of one post, kept before the first call."""
        return f"post_{uuid4().hex}"

    def identify(self) -> str:
        """Return the name that the network knows the account by, after using its credentials."""
        return self.login.handle

    @abstractmethod
    def post(self, draft: Draft) -> Posted:
        """Show the draft, once per key."""

    @abstractmethod
    def edit(self, draft: Draft, remote_id: str) -> Posted:
        """Show this revision instead of the earlier one."""

    @abstractmethod
    def delete(self, draft: Draft, remote_id: str) -> None:
        """Take it away. What is already gone is no error."""

    @abstractmethod
    def find(self, draft: Draft) -> Posted | None:
        """Return where the draft already stands, None where it surely does not. Raises Unknown."""
