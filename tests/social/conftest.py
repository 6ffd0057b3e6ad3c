from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.social.connecting import connect
from app.social.models import Account
from tests.outbound.receiver import Receiver, receiving
from tests.social.fake import serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon
from tests.social.fixtures import _loopback, ann, cover, post

__all__ = ["_loopback", "ann", "cover", "post"]


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


@pytest.fixture
def mastodon() -> Iterator[FakeMastodon]:
    with serving(FakeMastodon) as fake:
        yield fake  # type: ignore[misc]


@pytest.fixture
def bluesky() -> Iterator[FakeBluesky]:
    with serving(FakeBluesky) as fake:
        yield fake  # type: ignore[misc]
