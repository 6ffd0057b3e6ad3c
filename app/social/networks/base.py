"""The contract of a network: one class in one file that connects, posts, edits, deletes and finds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SECRET = forms.PasswordInput(attrs={"autocomplete": "new-password"})
NAME_LENGTH = 30


class CannotConnect(ValueError):
    """The account cannot be connected; the message says what to change."""


class NetworkForm(forms.Form):
    """What a person types to connect an account. A network adds `endpoint`, `handle` and `secret` where it needs them."""

    network = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What you call it here."))


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What to show. `key` is the same at every attempt; `revision` distinguishes one text from the next."""

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
    wording: str = ""
    """What the writer says there instead of title and excerpt."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where the network keeps the post."""

    remote_id: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to reach an account. `account_id` is 0 until the account is saved."""

    account_id: int = 0
    endpoint: str = ""
    handle: str = ""
    secret: str = field(default="", repr=False)


class Network(ABC):
    """One account on one network. Every method may raise the errors of outcomes.py, and Unreachable.

    `name`: what the database keeps. `label`: what people read. `form`: what they type to connect.
    `same_by`: the fields of an account by which connecting it again is recognised; empty where each is a new one.
    `repeatable`: the network recognises a key that it has seen, so an attempt whose answer was lost is simply repeated.
    Otherwise find() is asked first, and where it cannot say, it raises Unknown: nothing is posted twice on a guess.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    form: ClassVar[type[NetworkForm]] = NetworkForm
    same_by: ClassVar[tuple[str, ...]] = ()
    repeatable: ClassVar[bool]
    has_text: ClassVar[bool] = True
    """Whether people read a text there, which a writer may word. A webhook gets the facts."""

    def __init__(self, login: Login) -> None:
        self.login = login

    @classmethod
    def connect(cls, typed: Login) -> Login:
        """Check what was typed and return it completed. Raises CannotConnect."""
        return typed

    @classmethod
    def new_key(cls, seed: str, at: datetime) -> str:
        """Return the key of one post, saved before the first call.

        The same seed and time make the same key, so that a copy of the database restored from a backup repeats it.
        """
        return f"post_{sha256(seed.encode()).hexdigest()[:32]}"

    @abstractmethod
    def post(self, draft: Draft) -> Posted:
        """Show the draft, once per key."""

    @abstractmethod
    def edit(self, draft: Draft, remote_id: str) -> Posted:
        """Show this revision instead of the earlier one."""

    @abstractmethod
    def delete(self, draft: Draft, remote_id: str) -> None:
        """Take the post down. One that is already gone is not an error."""

    @abstractmethod
    def find(self, draft: Draft) -> Posted | None:
        """Return where the draft is shown already, None where it certainly is not. Raises Unknown."""
