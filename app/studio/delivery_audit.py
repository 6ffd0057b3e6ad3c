"""The delivery audit as a page: what was owed, what became of it, and what does not balance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from app.audit.conservation import Balance, calls, digests, posts, sends, total
from app.blog.models import Post
from app.studio.access import WriterRequest, operators
from owed.models import Unproven

MOST = 100


@require_GET
@operators
def delivery_audit(request: WriterRequest) -> HttpResponse:
    """Check every post and send now, and show what the last proof of delivery missed."""
    mail = [sheet(_("Mailings"), sends()), sheet(_("Digests"), digests())]
    sheets = [*mail, sheet(_("Posts"), posts()), sheet(_("Webhooks"), calls())]
    missed = Unproven.objects.order_by("since", "about")
    return render(request, "studio/delivery_audit.html", {"sheets": sheets, "unproven": missed, "most": MOST})


def sheet(name: str, found: Iterable[Balance]) -> dict[str, Any]:
    """Return the sum of the balances, and those to show: first what does not balance, then the newest."""
    newest = list(found)[::-1]
    shown = ([each for each in newest if each.wrong] + [each for each in newest if not each.wrong])[:MOST]
    existing = set(Post.objects.filter(pk__in=[balance.post_id for balance in shown]).values_list("pk", flat=True))
    rows = [(balance, _url(balance) if balance.post_id in existing else "") for balance in shown]
    wrong = sum(1 for balance in newest if balance.wrong)
    return {"name": name, "sum": total(newest), "rows": rows, "number": len(newest), "wrong": wrong}


def _url(balance: Balance) -> str:
    if balance.send_id is not None:
        return reverse("studio:send", args=[balance.send_id])
    return reverse("studio:post_effects", args=[balance.post_id])
