"""The style sheet of the publication's own settings: colours, fonts, and what an editor wrote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from app.site.current import site

YEAR = 31_536_000


@require_safe
def site_css(request: HttpRequest) -> HttpResponse:
    """Send the rules. Under the address of their version they never change; under another one they are asked for again."""
    here = site()
    kept = f"public, max-age={YEAR}, immutable" if request.GET.get("v") == here.version else "no-cache"
    return HttpResponse(here.stylesheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": kept})
