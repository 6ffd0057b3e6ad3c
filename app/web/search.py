"""Finding posts by their words."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.search.query import PAGE_LIMIT, search, tidy
from app.web.conditional_get import public
from app.web.pagination import Listing, wanted
from app.web.post_cards import card


@require_safe
def search_page(request: HttpRequest) -> HttpResponseBase:
    query = tidy(request.GET.get("q", ""))
    listing = find(query, wanted(request.GET.get("page", "1"))) if query else Listing()
    about = {"query": query, "listing": listing}
    return public(request, (query, listing), lambda: render(request, "web/search.html", about))


def find(query: str, number: int) -> Listing:
    """Return one page of what matches, best first, with the words marked; behind the last page, the last."""
    found = search(query, number)
    pages = max(1, min(PAGE_LIMIT, -(-found.total // found.size)))
    if found.number > pages:
        found = search(query, pages)
    return Listing(
        cards=tuple(replace(card(each.post), title=each.title, snippet=each.snippet) for each in found.results),
        number=found.number,
        pages=pages,
        count=found.total,
        query=urlencode({"q": query}) + "&",
    )
