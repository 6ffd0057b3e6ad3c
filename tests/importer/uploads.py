"""Uploads to import, and what the workers do with them."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.files.base import ContentFile

from app.accounts.models import Role, User
from app.importer.models import Import
from owed.testing import drain
from tests import factories
from tests.importer.sites import png, post


def zipped(files: dict[str, str | bytes], *, links: dict[str, str] | None = None) -> bytes:
    """Return a ZIP of these files, and of links to others."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        for name, target in (links or {}).items():
            entry = ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
    return content.getvalue()


def jekyll(root: Path, *, number: int = 3, prefix: str = "") -> bytes:
    """Return a ZIP of a Jekyll site of posts with one picture, one of which has a picture that is missing."""
    files: dict[str, str | bytes] = {
        f"{prefix}_config.yml": "title: Old blog\nurl: https://old.example\n",
        f"{prefix}img/boat.png": png(),
        f"{prefix}README.md": "How this site is built.",
        f"{prefix}about.html": "<p>About</p>",
    }
    for each in range(number):
        name = f"_posts/2015-03-{each % 28 + 1:02}-post-{each}.md"
        picture = "![gone](/img/gone.png)" if each == 1 else "![boat](/img/boat.png)"
        header = {"title": f"Post {each}", "author": "mira", "tags": ["boats"], "category": "Sea"}
        files[prefix + name] = post(root, name, f"Words of {each}.\n\n{picture}", **header).read_bytes()
    return zipped(files)


def editor() -> User:
    return User.objects.filter(username="edith").first() or factories.person("edith", Role.EDITOR)


def upload(content: bytes | str, name: str = "site.zip", **options: Any) -> Import:
    """Return what an editor uploaded, not looked at yet."""
    file = ContentFile(content.encode() if isinstance(content, str) else content, name=name)
    return Import.objects.upload(file, by=editor(), **{"publish": True, **options})


def checked(content: bytes | str, name: str = "site.zip", **options: Any) -> Import:
    """Return an upload that workers have checked."""
    run = upload(content, name, **options)
    drain()
    run.refresh_from_db()
    return run


def imported(content: bytes | str, name: str = "site.zip", **options: Any) -> Import:
    """Return an upload that workers have imported."""
    run = checked(content, name, **options)
    run.begin()
    drain()
    run.refresh_from_db()
    return run
