"""Lists of posts, page by page, kept in the cache under the version of what they show."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet

from app.blog.models import Post
from app.pagecache.pages import cached
from app.web.post_cards import Card, card, opening

PAGE = 17
FAMILIES = {"site": "recent_posts", "author": "user_posts", "category": "category_posts", "tag": "tag_posts"}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of a list, and its position among the others."""

    cards: tuple[Card, ...] = ()
    number: int = 1
    pages: int = 1
    count: int = 0
    query: str = ""
    is_exact: bool = True
    """False: there is more than `count`, and more pages than `pages`."""

    @property
    def previous(self) -> str:
        return self._page(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        return self._page(self.number + 1) if self.number < self.pages else ""

    def _page(self, number: int) -> str:
        return f"{self.query}page={number}"


def listing(posts: QuerySet[Post], number: int, *, scope: str) -> Listing:
    """Return one page; a page that is not there becomes the nearest one that is."""
    return cached(*shelf(scope), number, lambda: _read(posts, number))


def shelf(scope: str) -> tuple[str, str]:
    """Return where the cache keeps the pages of a list."""
    return FAMILIES[scope.partition(":")[0]], scope


def wanted(page: str) -> int:
    """Return the number of the page that an address asks for."""
    return int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1


def _read(posts: QuerySet[Post], number: int) -> Listing:
    page = Paginator(posts, PAGE).get_page(number)
    posts_here = list(page.object_list)
    lead = tuple(card(post, opening=opening(post)) for post in posts_here[:1])
    cards = (*lead, *map(card, posts_here[1:]))
    return Listing(cards=cards, number=page.number, pages=page.paginator.num_pages, count=page.paginator.count)
