"""The law of conservation for everything at once: what was owed, what became of it, and what does not balance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from app.blog.models import Post
from app.newsletter.conservation import Account, posts, sends, total
from app.studio.access import WriterRequest, operators
from owed.models import Unproven

MOST = 100


@require_GET
@operators
def conservation(request: WriterRequest) -> HttpResponse:
    """Check every post and send now, and tell what the last proof of delivery missed."""
    sheets = [sheet("Sends", sends()), sheet("Posts", posts())]
    missed = Unproven.objects.order_by("since", "about")
    return render(request, "studio/conservation.html", {"sheets": sheets, "unproven": missed, "most": MOST})


def sheet(name: str, found: Iterable[Account]) -> dict[str, Any]:
    """Return the sum of the accounts, and those to show: what does not balance, then the newest."""
    newest = list(found)[::-1]
    shown = ([each for each in newest if each.wrong] + [each for each in newest if not each.wrong])[:MOST]
    standing = set(Post.objects.filter(pk__in=[account.post_id for account in shown]).values_list("pk", flat=True))
    rows = [(account, _address(account) if account.post_id in standing else "") for account in shown]
    wrong = sum(1 for account in newest if account.wrong)
    return {"name": name, "sum": total(newest), "rows": rows, "number": len(newest), "wrong": wrong}


def _address(account: Account) -> str:
    if account.send_id is not None:
        return reverse("studio:send", args=[account.send_id])
    return reverse("studio:post_effects", args=[account.post_id])
