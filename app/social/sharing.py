"""Share a post once through each account, and keep what the networks show up to date."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from app.blog.models import Post
from app.outbound import breaker
from app.outbound.errors import OutboundFailed
from app.social import effects
from app.social.drafts import draft_of, recall, remembered
from app.social.host_backoff import heed_rest
from app.social.models import Account, ShareChoice, ShareState, SocialPost
from app.social.networks import key_for, kind_of, network_of
from app.social.networks.base import Draft, Network, Posted
from app.social.networks.outcomes import Declined, Gone, InDoubt, Revoked, Silent, Unknown
from owed import GiveUp, Later, clock, gather, owe
from owed.scrubbing import describe, scrub

logger = logging.getLogger(__name__)

UNSHARED = (ShareState.PENDING, ShareState.SKIPPED, ShareState.FAILED)
KEY_LIFE = timedelta(minutes=55)  # networks forget a key after an hour
SHOWN_NOWHERE = Q(state__in=UNSHARED, remote_id="")
OVER = (ShareState.WITHDRAWN, ShareState.SKIPPED, ShareState.UNKNOWN)


def post_to_social_media(post: Post | int) -> int:
    """Owe a post to every account that shares it. Safe to do twice. Return how many deliveries are owed."""
    return share(post if isinstance(post, int) else post.pk, now=clock.now())


@transaction.atomic
def share(post_id: int, *, now: datetime) -> int:
    """Owe a public post to each account. An old one, such as an imported one, only to those that showed it before.

    Published again after it was withdrawn, it is posted again, or edited back where it is still shown.
    """
    post = Post.objects.public().filter(pk=post_id).select_for_update(of=("self",), no_key=True).first()
    if post is None:
        return 0
    chosen = ShareChoice.objects.filter(post_id=post_id).first()
    wanted = Q() if chosen is None else Q(account__in=chosen.accounts)
    rows = SocialPost.objects.connected().filter(wanted, post_id=post_id)
    if not (post.published_at and post.published_at > now - settings.ANNOUNCE_WITHIN):
        return _owe(rows.exclude(SHOWN_NOWHERE).exclude(state=ShareState.UNKNOWN))
    known = set(SocialPost.objects.filter(post_id=post_id).values_list("account_id", flat=True))
    new = Account.objects.sharing(post).exclude(pk__in=known)
    accounts = new if chosen is None else new.filter(pk__in=chosen.accounts)
    SocialPost.objects.bulk_create([_row(account, post, now) for account in accounts])
    return _owe(rows.exclude(state=ShareState.UNKNOWN))


@transaction.atomic
def follow(post_ids: Iterable[int]) -> int:
    """Owe a delivery to every account that shows one of the posts, after these were revised, withdrawn or deleted."""
    return _owe(SocialPost.objects.connected().filter(post_id__in=list(post_ids)).exclude(state__in=OVER))


@transaction.atomic
def resume(account: Account, *, now: datetime) -> int:
    """Switch an account on again and owe what it missed, as far as that is still news. Return how many deliveries are owed."""
    account.enable()
    shown = Post.objects.public().filter(pk=OuterRef("post_id"), revision__lte=OuterRef("revision"))
    unshared = Q(state__in=(*UNSHARED, ShareState.SUBMITTING), created_at__gt=now - settings.ANNOUNCE_WITHIN)
    again = Q(Exists(Post.objects.public().filter(pk=OuterRef("post_id"))), state=ShareState.WITHDRAWN)
    behind = Q(~Exists(shown), state__in=(ShareState.SENT, ShareState.FAILED, ShareState.SUBMITTING)) & ~Q(remote_id="")
    return _owe(account.social_posts.filter(unshared | behind | again))


@transaction.atomic
def remove(account: Account, *, now: datetime) -> bool:
    """Remove an account and owe a last look at what is in doubt there. Return whether it was connected until now."""
    removed = account.remove(now)
    _owe(account.social_posts.filter(state=ShareState.SUBMITTING))
    return removed


def _row(account: Account, post: Post, now: datetime) -> SocialPost:
    return SocialPost(account=account, post=post, key=key_for(account, post), created_at=now)


def _owe(rows: Iterable[SocialPost]) -> int:
    ids = sorted(row.pk for row in rows)
    posts = {row.pk: row.post_id for row in rows}
    with gather():
        for pk in ids:
            owe(effects.deliver.si(social_post_id=pk), about=f"post:{posts[pk]}")
    return len(ids)


def deliver(social_post_id: int, *, now: datetime) -> None:
    """Bring one account up to date: post, edit or delete, whatever is missing. Raises Later, GiveUp, or what failed.

    Call it outside a transaction. Doing it twice does nothing more; the row's key makes a repeated call one post.
    """
    row = SocialPost.objects.select_related("account").filter(pk=social_post_id).first()
    if row is None:
        return
    if row.state == ShareState.WITHDRAWN and row.account.active and (post := _public(row)) and _is_meant(row):
        row.begin_again(key_for(row.account, post, after=row.key), now)
    if not (step := _step(row)):
        return
    if busy_until := row.busy_until(now):
        raise Later(busy_until, "another attempt is under way")
    heed_rest(row.account.host)
    if not row.claim(now):
        raise Later(timedelta(seconds=1), "another attempt began")
    _try(row, step, now)


def _is_meant(row: SocialPost) -> bool:
    return ShareChoice.objects.includes(row.post_id, row.account_id)


Step = Callable[[SocialPost], None]


def _step(row: SocialPost) -> Step | None:
    """Return what the network does not show yet."""
    if row.state in (ShareState.WITHDRAWN, ShareState.UNKNOWN):
        return None
    if row.account.removed_at and row.in_doubt:
        return _leave_in_doubt
    if not row.account.active:
        return None if row.remote_id or row.in_doubt else _skip
    post = _public(row)
    if post is None:
        return _delete if row.remote_id or row.in_doubt else _skip
    if not row.remote_id:
        return _post
    return _edit if post.revision > row.revision else None


def _public(row: SocialPost) -> Post | None:
    return Post.objects.public().select_related("author__profile").filter(pk=row.post_id).first()


def _try(row: SocialPost, step: Step, now: datetime) -> None:
    """Take the step, and commit how it ended before the error rises."""
    try:
        _ask(row, step)
    except Unknown as error:
        row.settle(ShareState.UNKNOWN, error=scrub(str(error)))
        raise GiveUp(f"It is unknown whether the post is there: {error}") from None
    except Exception as error:
        if isinstance(error, Gone | Revoked):
            row.account.disable(scrub(str(error)) if isinstance(error, Revoked) else f"The other side {error}.")
        doubt = row.in_doubt or isinstance(error, InDoubt)
        # A network without keys may still be posting: the claim has to run out before it is asked.
        held = now if isinstance(error, InDoubt) and not kind_of(row.account).repeatable else None
        row.settle(ShareState.SUBMITTING if doubt else ShareState.FAILED, error=_brief(error), claimed_at=held)
        raise


def _ask(row: SocialPost, step: Step) -> None:
    """Take the step, and tell the circuit breaker whether the host answered."""
    host = row.account.host
    try:
        step(row)
    except (OutboundFailed, InDoubt, Silent):
        breaker.failed(host)
        raise
    except (Declined, Later, GiveUp):
        breaker.answered(host)
        raise
    breaker.answered(host)


def _brief(error: Exception) -> str:
    ours = isinstance(error, Later | GiveUp | InDoubt | Declined | OutboundFailed)
    return scrub(str(error)) if ours else describe(error)


def _post(row: SocialPost) -> None:
    network, draft = network_of(row.account), _draft(row)
    before = recall(row) if row.shown else draft
    if found := _found(row, network, before) or _repeated(row, network, before, draft):
        _keep(row, draft, _brought_up(network, found, before, draft))
        return
    # Kept before it goes out: whatever then happens, what may be shown can be taken away again.
    SocialPost.objects.filter(pk=row.pk).update(shown=remembered(draft))
    _keep(row, draft, network.post(draft))


def _repeated(row: SocialPost, network: Network, before: Draft, draft: Draft) -> Posted | None:
    """Repeat an attempt in doubt as it was: under its key the network would not look at a text that is another by now."""
    return network.post(before) if network.repeatable and row.in_doubt and not _is_same(before, draft) else None


def _is_same(before: Draft, draft: Draft) -> bool:
    return {**remembered(before), "revision": draft.revision} == remembered(draft)


def _brought_up(network: Network, found: Posted, before: Draft, draft: Draft) -> Posted:
    """Return what an earlier attempt posted, edited if the post was revised since."""
    return found if _is_same(before, draft) else network.edit(draft, found.remote_id)


def _edit(row: SocialPost) -> None:
    draft, posted = _draft(row), Posted(remote_id=row.remote_id, url=row.remote_url)
    if {**row.shown, "revision": draft.revision} != remembered(draft):
        posted = network_of(row.account).edit(draft, row.remote_id)
    _keep(row, draft, posted)


def _delete(row: SocialPost) -> None:
    network, draft = network_of(row.account), recall(row)
    found = _found(row, network, draft)
    network.delete(draft, found.remote_id if found else row.remote_id)
    row.settle(ShareState.WITHDRAWN)


def _skip(row: SocialPost) -> None:
    row.settle(ShareState.SKIPPED, error="Not public any more." if row.account.active else "The account is off.")


def _leave_in_doubt(row: SocialPost) -> None:
    row.settle(ShareState.UNKNOWN, error="The account was removed before it was known whether the post is there.")


def _found(row: SocialPost, network: Network, draft: Draft) -> Posted | None:
    """Ask whether an earlier attempt got through, on networks that do not recognise a key."""
    if network.repeatable or row.remote_id:
        return None
    old_key = bool(row.attempts) and row.created_at < clock.now() - KEY_LIFE
    return network.find(draft) if row.in_doubt or old_key else None


def _draft(row: SocialPost) -> Draft:
    """Return the post as it is now."""
    post = _public(row)
    if post is None:
        raise Later(timedelta(seconds=1), "the post was withdrawn just now")
    return draft_of(row, post)


def _keep(row: SocialPost, draft: Draft, posted: Posted) -> None:
    row.settle(
        ShareState.SENT,
        remote_id=posted.remote_id,
        remote_url=posted.url,
        revision=draft.revision,
        shown=remembered(draft),
        sent_at=row.sent_at or clock.now(),
    )
    facts = {"about": f"post:{row.post_id}", "network": row.account.network, "remote_id": posted.remote_id}
    logger.info("post shared", extra=facts)
