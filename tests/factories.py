"""People, posts and pictures, made by the product's own verbs: what they announce and owe, they announce and owe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from app.accounts.models import Role, User
from app.blog.models import Post

Publish = Callable[..., Post]


def person(username: str, role: str = Role.READER, *, password: str | None = None, **fields: Any) -> User:
    """Return a new user, at <username>@example.org unless another address is given; without a password, nobody signs in."""
    email = fields.pop("email", f"{username}@example.org")
    return User.objects.create_user(username, email, password, role=role, **fields)


def write(author: User, title: str = "On engines", content: str = "Some *words*.", **fields: Any) -> Post:
    """Return a new draft."""
    return Post.objects.create(title=title, content=content, author=author, **fields)


def publish(author: User, title: str = "In public", content: str = "For all.", **fields: Any) -> Post:
    """Return a new post that has just become public."""
    post = write(author, title, content, **fields)
    post.publish(at=timezone.now())
    return post


def image(color: str = "red", size: tuple[int, int] = (4, 3)) -> ContentFile[bytes]:
    """Return a file that holds a PNG."""
    file = ContentFile(b"", name="picture.png")
    Image.new("RGB", size, color).save(file, "PNG")
    file.seek(0)
    return file
