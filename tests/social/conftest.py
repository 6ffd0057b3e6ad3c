from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account
from tests.outbound.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)


@pytest.fixture
def ann(db: None) -> User:
    user = User(username="ann", role="author", email="ann@secret.example")
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def post(ann: User) -> Post:
    """A post that is public since now, with whatever that owes."""
    written = Post(author=ann, title="Ships & “sails”", content="Some *words* about ships.", status="published")
    written.save()
    return written


@pytest.fixture
def listening() -> Iterator[Callable[..., Receiver]]:
    """Start receivers that answer as told."""
    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(receiving(*answers))


@pytest.fixture
def hooked(db: None) -> Callable[..., Account]:
    """Connect a webhook to a receiver."""
    return lambda receiver: connect(network="webhook", name="hook", endpoint=receiver.url)[0]


@pytest.fixture
def dummy(db: None) -> Account:
    return connect(network="dummy", name="the dummy")[0]
