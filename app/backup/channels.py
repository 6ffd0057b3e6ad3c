"""By which channels held effects leave, what of it may have left before, and what a release would not send any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from app.backup.models import Restore
from app.blog import effects as blog
from app.blog import planned
from app.blog.models import Post
from app.newsletter import effects as newsletter
from app.social import effects as social
from app.social.models import SocialPost
from app.webhooks import effects as webhooks
from owed import clock, holding
from owed.holding import Part
from owed.models import EffectQuerySet

LETTERS = (newsletter.confirm, newsletter.greet, newsletter.sample)
SITE = "site"


def connect() -> None:
    holding.divide_with(by_channel)


def by_channel(found: EffectQuerySet) -> list[Part]:
    """Return these effects by channel: what reaches people first, then what only concerns the site itself."""
    rest, parts = found, list[Part]()
    for channel, chosen in _channels(found):
        parts += _parts(channel, rest.filter(chosen))
        rest = rest.exclude(chosen)
    if rest.exists():
        parts.append(Part(channel=SITE, effects=rest))
    return parts


def _channels(found: EffectQuerySet) -> Iterator[tuple[str, Q]]:
    yield "publication", Q(task__in=blog.publish_scheduled.names)
    mailings = (newsletter.announce, newsletter.page, newsletter.deliver, newsletter.digests)
    yield "mailings", Q(task__in=[name for each in mailings for name in each.names])
    yield "letters", Q(task__in=[name for each in LETTERS for name in each.names])
    yield "notices", Q(queue="email")
    yield from sorted(_networks(found))
    yield "events", Q(task__in=[*webhooks.spread.names, *webhooks.call.names])
    yield "sharing", Q(queue="social")


def _networks(found: EffectQuerySet) -> Iterator[tuple[str, Q]]:
    """Yield each network, and what is owed to it: of an effect only its share's number is known."""
    owed = list(found.of(social.deliver).order_by().values_list("args__social_post_id", flat=True))
    shares = defaultdict(list)
    for pk, network in SocialPost.objects.filter(pk__in=owed).values_list("pk", "account__network"):
        shares[network].append(pk)
    for network, ids in shares.items():
        yield network, Q(task__in=social.deliver.names, args__social_post_id__in=ids)


def _parts(channel: str, found: EffectQuerySet) -> Iterator[Part]:
    """Yield what may have left before, what may not, and what does not leave any more; none of them empty."""
    restore = Restore.objects.order_by("-restored_at").first()
    silent = _silent(found)
    # Digests of what waited in the backup are made, and held, after the restore.
    digests = Q(task__in=newsletter.digests.names, decided_by="restore")
    before = Q(created_at__lte=restore.made_at) | digests if restore else Q(pk=None)
    again = _("may have been sent before: owed when the backup was made, %(moment)s UTC") % {
        "moment": f"{restore.made_at:%Y-%m-%d %H:%M}" if restore else ""
    }
    for remark, part in (
        (again, found.filter(before).exclude(silent)),
        ("", found.exclude(before).exclude(silent)),
        (_("too old to be news: it stays as it is, and nothing is sent"), found.filter(silent)),
    ):
        if part.exists():
            yield Part(channel=channel, effects=part, remark=remark)


def _silent(found: EffectQuerySet) -> Q:
    """Return the condition of what runs without reaching anyone: missed plans, and posts that are too old to announce."""
    now = clock.now()
    news = [*newsletter.announce.names, *social.share.names]
    announced = found.filter(task__in=news).order_by().values_list("args__post_id", flat=True)
    old = Post.objects.filter(pk__in=list(announced), published_at__lte=now - settings.ANNOUNCE_WITHIN)
    return Q(task__in=blog.publish_scheduled.names, args__post_id__in=planned.missed(now)) | Q(
        task__in=news, args__post_id__in=list(old.values_list("pk", flat=True))
    )
