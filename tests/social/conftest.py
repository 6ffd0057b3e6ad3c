from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import Account
from tests.outbound.receiver import Receiver, receiving
from tests.social.fake import serving
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon


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


@pytest.fixture
def mastodon() -> Iterator[FakeMastodon]:
    with serving(FakeMastodon) as fake:
        yield fake  # type: ignore[misc]


@pytest.fixture
def bluesky() -> Iterator[FakeBluesky]:
    with serving(FakeBluesky) as fake:
        yield fake  # type: ignore[misc]


@pytest.fixture
def cover(settings: Settings, tmp_path: object) -> str:
    settings.MEDIA_ROOT = tmp_path
    content = BytesIO()
    Image.effect_noise((1800, 1200), 90).convert("RGBA").save(content, "PNG")
    return default_storage.save("images/noise.png", ContentFile(content.getvalue()))
