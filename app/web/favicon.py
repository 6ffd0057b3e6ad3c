"""favicon.ico, for browsers that ask for it by its old name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from app.site.current import site


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    icon = site().favicon_url
    # An icon may be changed: a browser keeps for good only what never changes.
    return redirect(icon) if icon else redirect(static("mark.svg"), permanent=True)
