"""A post and its cover, and the way to a server on loopback. A conftest imports these by name."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Post
from tests import factories


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)


@pytest.fixture
def ann(db: None) -> User:
    return factories.person("ann", Role.AUTHOR, email="ann@secret.example")


@pytest.fixture
def post(ann: User) -> Post:
    """A post that is public since now, with whatever that owes."""
    return factories.write(ann, "Ships & “sails”", "Some *words* about ships.", status="published")


@pytest.fixture
def cover(settings: Settings, tmp_path: object) -> str:
    settings.MEDIA_ROOT = tmp_path
    content = BytesIO()
    Image.effect_noise((1800, 1200), 90).convert("RGBA").save(content, "PNG")
    return default_storage.save("images/noise.png", ContentFile(content.getvalue()))
