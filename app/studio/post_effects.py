"""What followed from a post: every effect, mailing and shared post, with its state."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from app.blog.models import Post
from app.mail.submission import OPEN, SubmissionState
from app.newsletter import effects as newsletter
from app.newsletter.models import MailingChoice, Send
from app.newsletter.models.send import WAITS
from app.newsletter.models.states import IN_DIGEST
from app.studio.access import WriterRequest, watched_post, watchers
from app.studio.channels import channels
from app.studio.effect_list import Counted, counted, listed, tally
from app.studio.post_sentence import sentence
from app.studio.remote_ids import remote_ids
from app.studio.shares import shares
from app.studio.timeline import timeline
from app.studio.troubles import undecided_mails
from owed import acting
from owed.models import OVER, Effect, EffectSet, State

KINDS = {
    "email": gettext_lazy("Email"),
    "feeds": gettext_lazy("Feeds"),
    "social": gettext_lazy("Social networks"),
    "search": gettext_lazy("Search"),
    "cache": gettext_lazy("Cached pages"),
    "stats": gettext_lazy("Statistics"),
    "media": gettext_lazy("Files"),
    "upkeep": gettext_lazy("Maintenance"),
}
COUNTING = Q(queue="stats") & ~Q(state=State.DEAD)  # a row for each reader would bury the others
SHOWN = "Shown"
"""The header in which a page that renews itself says what it shows."""
CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
"""It is another each time it is written."""


@require_GET
@watchers
def post_effects(request: WriterRequest, pk: int) -> HttpResponse:
    """Show what followed; asked by htmx, only the part that changes, and nothing where the page shows it already."""
    account = _account(request, watched_post(request, pk))
    if not request.htmx:
        return render(request, "studio/post_effects.html", account)
    if request.headers.get(SHOWN) == account["digest"]:
        return HttpResponse(status=204)
    return render(request, "studio/account.html", account)


def _account(request: WriterRequest, post: Post) -> dict[str, Any]:
    """Return what the page shows, written out, and a digest by which a browser says later that it has this."""
    facts = summary(request, post)
    body = render_to_string("studio/account_body.html", facts, request)
    written = CSRF_TOKEN.sub("", f"{body}{post.status}")
    return {**facts, "body": body, "digest": sha256(written.encode()).hexdigest()[:16]}


def summary(request: WriterRequest, post: Post) -> dict[str, Any]:
    """Return everything that the page shows. The effects are counted first: what is called finished stays so below."""
    effects_of_post = Effect.objects.about(post).exclude(COUNTING)
    counts = counted(effects_of_post)
    sums, lists = tally(counts), listed(effects_of_post, counts)
    sends = [(send, balance(send)) for send in _sends(post)]
    socials = list(shares().filter(post=post).select_related("account").order_by("pk"))
    undecided = undecided_mails(post)
    is_unmailed = not sends and MailingChoice.objects.filter(post=post, is_mailed=False).exists()
    return {
        "post": post,
        **lists,
        "sentence": sentence(
            post,
            sends,
            is_unmailed=is_unmailed,
            announcing=_is_announcing(counts),
            undecided=_summed(undecided, by=1),
            dead=sums[State.DEAD],
        ),
        "is_counting": bool(sends) and not sends[0][0].is_over and not sends[0][0].is_paused,
        "channels": channels(counts, sends, socials, _summed(undecided, by=0), is_unmailed=is_unmailed),
        "remote_ids": remote_ids([*lists["troubles"], *lists["effects"]]),
        "tally": sums,
        "kinds": KINDS,
        "sends": sends,
        "may_decide": request.user.can_publish(post),
        "may_mail": post.is_out and request.user.can_publish(post),
        "is_unmailed": is_unmailed,
        "socials": socials,
        "operates": request.user.is_operator,
    }


def _sends(post: Post) -> QuerySet[Send]:
    return Send.objects.filter(post=post).select_related("paused_by__profile").order_by("-round")


def _is_announcing(counts: list[Counted]) -> bool:
    return any(each.task in newsletter.announce.names and each.state not in OVER for each in counts)


def _summed(undecided: list[tuple[int, str, int]], *, by: int) -> Counter[Any]:
    sums: Counter[Any] = Counter()
    for row in undecided:
        sums[row[by]] += row[2]
    return sums


def balance(send: Send) -> dict[str, Any]:
    """Return the law of conservation as a page writes it: candidates = the sum of all that became of them.

    `missed` are those who certainly did not receive it and will not, `withheld` those of them whom a person may still mail.
    """
    law = send.balance()
    candidates, total = law.pop("candidates"), sum(law.values())
    sent, withheld = law[SubmissionState.SENT], send.deliveries.filter(state=SubmissionState.WITHHELD).count()
    missed = total - sent - sum(law[state] for state in (*OPEN, SubmissionState.UNKNOWN, IN_DIGEST))
    holds = candidates == total
    facts = {"candidates": candidates, "parts": law.items(), "sum": total, "holds": holds}
    waiting, doubt = law[SubmissionState.PENDING] + send.deliveries.filter(WAITS).count(), law[SubmissionState.UNKNOWN]
    # Those whose rows were removed for their age are counted above, and can be mailed no more.
    failed = send.deliveries.filter(state=SubmissionState.FAILED).count()
    again: dict[str, Any] = {
        "withheld": withheld,
        "failed": failed,
        "any": bool(withheld or failed) and send.state != Send.State.CANCELLED,
    }
    digests = digested(send) if law[IN_DIGEST] and not send.summary else {}
    missed += digests.get("failed", 0)
    again |= {"digests": digests, "received": sent + digests.get("sent", 0)}
    again["never"] = bool(missed) and send.is_over and not send.summary
    settled = total - sum(law[state] for state in OPEN)
    return {**facts, "sent": sent, "missed": missed, "waiting": waiting, "doubt": doubt, "settled": settled, **again}


def digested(send: Send) -> dict[str, int]:
    """Return how many copies went out in a digest, wait for one, and are in one that failed or is in doubt."""
    return send.deliveries.filter(state=IN_DIGEST).aggregate(
        sent=Count("pk", filter=Q(digest__state=SubmissionState.SENT)),
        waiting=Count("pk", filter=Q(digest=None) | Q(digest__state__in=OPEN)),
        failed=Count("pk", filter=Q(digest__state=SubmissionState.FAILED)),
        doubt=Count("pk", filter=Q(digest__state=SubmissionState.UNKNOWN)),
    )


@require_GET
@watchers
def effect_page(request: WriterRequest, pk: int) -> HttpResponse:
    """Show one effect with its failed attempts and their tracebacks; before it is owed, the set that it waits for."""
    effect = Effect.objects.filter(pk=pk).first()
    if effect is None:
        return _set_page(request, get_object_or_404(EffectSet.objects.open(), pk=pk))
    post = subject(effect) if request.user.sees_operations else _watched_subject(request, effect)
    about = {"effect": effect, "post": post, "failures": effect.attempts.order_by("-pk"), "kinds": KINDS}
    names = {"remote_ids": remote_ids([effect]).get(effect.pk, [])}
    operates = request.user.is_operator
    may_act = request.user.can_watch(post) if post else operates
    acts = {"operates": operates, "may_act": may_act, "verbs": acting.possible(effect) if operates else []}
    return render(request, "studio/effect_page.html", {**about, **names, **acts, **timeline(effect)})


@require_POST
@watchers
def replay(request: WriterRequest, pk: int) -> HttpResponse:
    """Queue a dead effect again, then show the page that the user came from."""
    effect = get_object_or_404(Effect, pk=pk)
    post = _watched_subject(request, effect)
    revived = effect.replay()
    if request.htmx and post:
        return render(request, "studio/account.html", _account(request, post))
    if revived:
        messages.success(request, _("Queued again."))
    else:
        messages.warning(request, _("It had not failed; nothing to retry."))
    return redirect("studio:post_effects", post.pk) if post else redirect("studio:effects")


def _set_page(request: WriterRequest, waits_for: EffectSet) -> HttpResponse:
    post = subject(waits_for) if request.user.sees_operations else _watched_subject(request, waits_for)
    members = Effect.objects.filter(member_of=waits_for.pk).by_state()
    return render(request, "studio/effect_set.html", {"waits_for": waits_for, "members": members, "post": post, "kinds": KINDS})


def _watched_subject(request: WriterRequest, effect: Effect | EffectSet) -> Post | None:
    """Return the post that the effect is about. Raises PermissionDenied where the user may not see what follows from it."""
    post = subject(effect)
    if not (request.user.can_watch(post) if post else request.user.is_operator):
        raise PermissionDenied
    return post


def subject(effect: Effect | EffectSet) -> Post | None:
    """Return the post that the effect is about."""
    kind, _, key = effect.about.partition(":")
    return Post.objects.filter(pk=key).first() if kind == "post" and key.isdecimal() else None
