"""Pages that one room links to and a room above it serves: the lower room names the page, the higher one its URL."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, get_resolver, reverse

SERVED: dict[str, str] = {}  # names of URL patterns, by page
NAMED: set[str] = set()


@dataclass(frozen=True)
class Page:
    """A page by what it is, declared by the room that links to it."""

    name: str

    def __post_init__(self) -> None:
        NAMED.add(self.name)

    def url(self, *args: object) -> str:
        """Return the path of the page. Raises NoReverseMatch where no room serves it."""
        try:
            return reverse(SERVED[self.name], args=args)
        except KeyError:
            raise NoReverseMatch(f"no room serves the page “{self.name}”") from None


HOME = Page("home")
ARCHIVE = Page("archive")
SEARCH = Page("search")
STUDIO = Page("studio")
SIGN_IN = Page("sign in")
SIGN_OUT = Page("sign out")
ACCOUNT = Page("account")
SECOND_FACTOR = Page("second factor")
SECOND_STEP = Page("second step")
OPENID = Page("account at an OpenID Connect provider")
OPENID_SIGN_IN = Page("sign-in with OpenID Connect")
OPENID_CONFIRMATION = Page("confirmation with OpenID Connect")
SUBSCRIBE = Page("subscribe")
STYLE_SHEET = Page("style sheet of the site")
SETTINGS = Page("settings of the site")


def serve(page: Page, url_name: str) -> None:
    """Say under which name of a URL pattern a room serves the page. Called when the room is ready."""
    SERVED[page.name] = url_name


def unserved() -> list[str]:
    """Return the pages that a room links to and no URL pattern serves."""
    return sorted(name for name in NAMED if not _is_known(SERVED.get(name, "")))


def _is_known(url_name: str) -> bool:
    namespace, _, name = url_name.rpartition(":")
    resolver = get_resolver()
    if namespace:
        if namespace not in resolver.namespace_dict:
            return False
        resolver = resolver.namespace_dict[namespace][1]
    return bool(name) and name in resolver.reverse_dict
