"""Finding posts by their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.blog.models import Page
from app.search.query import search, tidy
from app.web.conditional_get import private, public
from app.web.pagination import Listing, wanted
from app.web.post_cards import card
from app.web.search_form import SearchForm

MOST_PAGES = 5


@require_safe
def search_page(request: HttpRequest) -> HttpResponseBase:
    """Show what matches. What cannot be a filter is said beside its field, and nothing is searched."""
    query, form = tidy(request.GET.get("q", "")), SearchForm(request.GET)
    if not form.is_valid():
        return private(render(request, "web/search.html", {"query": query, "listing": Listing(), "form": form}, status=422))
    found = find(query, wanted(request.GET.get("page", "1")), form) if query else Found()
    pages = find_pages(query) if query and found.listing.number == 1 and not form.query else ()
    about = {"query": query, "listing": found.listing, "corrected": found.corrected, "pages": pages, "form": form}
    facts = (query, found, pages, form.query, form.choices)
    return public(request, facts, lambda: render(request, "web/search.html", about))


@dataclass(frozen=True, kw_only=True)
class Found:
    listing: Listing = field(default_factory=Listing)
    corrected: str = ""


def find_pages(query: str) -> tuple[tuple[str, str], ...]:
    """Return title and address of the pages that are not posts and have all the words. There are few: no index is kept."""
    words = SearchVector("title", "content", config="simple")
    found = (
        Page.objects.public().annotate(words=words).filter(words=SearchQuery(query, search_type="websearch", config="simple"))
    )
    return tuple((page.title, page.get_absolute_url()) for page in found.order_by("title", "pk")[:MOST_PAGES])


def find(query: str, number: int, form: SearchForm) -> Found:
    """Return one page of what matches, best first, with the words marked; behind the last page, the last."""
    results = search(query, number, filters=form.filters)
    if results.total and not results.results and results.number > 1:
        results = search(query, -(-results.total // results.size), filters=form.filters)
    listing = Listing(
        cards=tuple(card(each.post, title=each.title, snippet=each.snippet, excerpt="") for each in results.results),
        number=results.number,
        pages=results.pages,
        count=results.total,
        query=urlencode({"q": query}) + "&" + (f"{form.query}&" if form.query else ""),
        is_exact=results.is_exact,
    )
    return Found(listing=listing, corrected=results.corrected)
