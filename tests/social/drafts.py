"""What is posted in tests of networks, and who posts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from app.social.connecting import connect
from app.social.networks import network_of
from app.social.networks.base import Draft, Network
from app.social.networks.bluesky import Bluesky
from tests.social.fake_bluesky import FakeBluesky
from tests.social.fake_mastodon import FakeMastodon

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def drafted(**changes: object) -> Draft:
    draft = Draft(
        key=Bluesky.new_key(uuid4().hex, NOW),
        post_id=1,
        revision=1,
        url="https://blog.example/posts/ships/",
        title="Grüße",
        excerpt="Words.",
        author="Ann",
        published_at=NOW,
        updated_at=NOW,
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def speaking(fake: FakeMastodon | FakeBluesky) -> Network:
    network = "mastodon" if isinstance(fake, FakeMastodon) else "bluesky"
    account, _ = connect(network=network, name="x", endpoint=fake.url, handle=fake.handle, secret=fake.secret)
    return network_of(account)
