"""Where pictures are used, as the library shows it: a line for each place, and one sentence for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from app.accounts.models import User
from app.blog.media_uses import Kind, Use, uses
from app.blog.models import Media
from app.newsletter.models import Send

KINDS = {
    Kind.POST: gettext_lazy("Post"),
    Kind.COVER: gettext_lazy("Cover"),
    Kind.PROFILE: gettext_lazy("About the author"),
    Kind.CATEGORY: gettext_lazy("Category"),
    Kind.SITE: gettext_lazy("Site"),
    Kind.PAGE: gettext_lazy("Page"),
    Kind.EARLIER: gettext_lazy("Earlier in a post"),
}
WITHOUT_POST = {Kind.PROFILE, Kind.CATEGORY, Kind.SITE, Kind.PAGE}


@dataclass(frozen=True)
class Place:
    """A use as a page shows it. `is_emailed` says that the post was sent to subscribers."""

    use: Use
    is_emailed: bool

    @property
    def kind(self) -> str:
        return str(KINDS[self.use.kind])

    @property
    def title(self) -> str:
        if self.use.title:
            return self.use.title
        return _("A post of someone else") if self.use.pk else _("A deleted post")


def with_places(pictures: Iterable[Media], viewer: User) -> Sequence[tuple[Media, list[Place], str]]:
    """Return the pictures, each with its places and a sentence about them, in a fixed number of queries."""
    listed = list(pictures)
    found = uses(listed, viewer)
    mailings = mailings_of(use for places in found.values() for use in places)
    return [(each, [_place(use, mailings) for use in found[each.pk]], summary(found[each.pk], mailings)) for each in listed]


def mailings_of(places: Iterable[Use]) -> Mapping[int | None, int]:
    """Return how many mailings there were of each post among these places."""
    posts = {use.pk for use in places if use.kind not in WITHOUT_POST}
    sends = Send.objects.filter(post__in=posts - {None}).order_by().values("post_id").annotate(number=Count("pk"))
    return Counter(dict(sends.values_list("post_id", "number")))


def summary(places: Iterable[Use], mailings: Mapping[int | None, int]) -> str:
    """Return "Used in 3 posts and 1 mailing". What showed it earlier counts with its mailings alone: they link to it."""
    listed = list(places)
    posts = {use.pk for use in listed if use.kind in {Kind.POST, Kind.COVER}}
    emails = sum(mailings.get(pk, 0) for pk in {use.pk for use in listed if use.kind not in WITHOUT_POST})
    others = sum(use.kind in WITHOUT_POST for use in listed)
    parts = [
        ngettext("%(number)d post", "%(number)d posts", len(posts)) % {"number": len(posts)} if posts else "",
        ngettext("%(number)d mailing", "%(number)d mailings", emails) % {"number": emails} if emails else "",
        ngettext("%(number)d other place", "%(number)d other places", others) % {"number": others} if others else "",
    ]
    named = get_text_list([part for part in parts if part], _("and"))
    return _("Used in %(places)s") % {"places": named} if named else _("Not used anywhere")


def _place(use: Use, mailings: Mapping[int | None, int]) -> Place:
    return Place(use, use.kind not in WITHOUT_POST and bool(mailings.get(use.pk)))
