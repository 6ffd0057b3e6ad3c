"""Finding posts by their words."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.blog.models import Page
from app.search.query import PAGE_LIMIT, search, tidy
from app.web.conditional_get import public
from app.web.pagination import Listing, wanted
from app.web.post_cards import card

MOST_PAGES = 5


@require_safe
def search_page(request: HttpRequest) -> HttpResponseBase:
    query = tidy(request.GET.get("q", ""))
    listing = find(query, wanted(request.GET.get("page", "1"))) if query else Listing()
    pages = find_pages(query) if query and listing.number == 1 else ()
    about = {"query": query, "listing": listing, "pages": pages}
    return public(request, (query, listing, pages), lambda: render(request, "web/search.html", about))


def find_pages(query: str) -> tuple[tuple[str, str], ...]:
    """Return title and address of the pages that are not posts and have all the words. There are few: no index is kept."""
    words = SearchVector("title", "content", config="simple")
    found = (
        Page.objects.public().annotate(words=words).filter(words=SearchQuery(query, search_type="websearch", config="simple"))
    )
    return tuple((page.title, page.get_absolute_url()) for page in found.order_by("title", "pk")[:MOST_PAGES])


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
