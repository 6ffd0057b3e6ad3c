"""What is wrong with a copy, named at the start: files that are missing, secrets that no key opens, what is held."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.backup import keys
from app.backup.manifest import Manifest
from app.blog import planned
from app.blog.models import Media, Post
from app.social.models import Account
from owed import clock
from owed.models import Effect, State

NAMED = 20


def of_manifest(manifest: Manifest) -> Iterator[str]:
    """Yield what the backup needs and this installation has not."""
    if missing := keys.missing(manifest.keys):
        yield _(
            "%(names)s of the original is not among this installation's keys: set it, or add it to SECRET_KEY_FALLBACKS."
        ) % {"names": ", ".join(missing)}
    if manifest.media_missing:
        yield _("Files that were gone while the backup was made: %(names)s") % {"names": _named(manifest.media_missing)}


def of_media(*, newest: int | None = None) -> Iterator[str]:
    """Yield the pictures of the library whose files are missing, all in one sentence. `newest` looks at so many only."""
    kept = Media.objects.kept().order_by("-created_at", "-pk").values_list("file", flat=True)
    missing = [name for name in kept[:newest].iterator(1000) if not default_storage.exists(name)]
    if missing:
        said = ngettext(
            "The file of %(number)s picture is missing: %(names)s",
            "The files of %(number)s pictures are missing: %(names)s",
            len(missing),
        )
        yield said % {"number": f"{len(missing):,}", "names": _named(missing)}


def of_keys() -> Iterator[str]:
    """Yield the accounts on networks whose secrets no key of this installation opens."""
    unreadable = [str(each) for each in Account.objects.connected().order_by("pk") if not each.is_readable]
    if unreadable:
        yield _(
            "No key opens the secrets of these accounts: connect them again, or add the old SECRET_KEY to "
            "SECRET_KEY_FALLBACKS: %(names)s"
        ) % {"names": _named(unreadable)}


def of_plans() -> Iterator[str]:
    """Yield the planned posts that stay planned, as their time came too long before the restore."""
    missed = Post.objects.filter(pk__in=planned.missed(clock.now())).order_by("publish_at", "pk")
    if titles := list(missed.values_list("title", flat=True)):
        yield _("Planned posts that are overdue stay planned until someone publishes them: %(names)s") % {
            "names": _named(titles)
        }


def of_held() -> Iterator[str]:
    """Yield how much a restore put aside and no one has decided about."""
    held = Effect.objects.filter(state=State.HELD, decided_by="restore").count()
    if held:
        yield _(
            "%(number)s effects are held since the restore. `manage.py effects release --dry-run` says what they would send."
        ) % {"number": f"{held:,}"}


def _named(names: list[str]) -> str:
    shown = ", ".join(islice(names, NAMED))
    more = len(names) - NAMED
    return _("%(names)s and %(number)s more") % {"names": shown, "number": f"{more:,}"} if more > 0 else shown
