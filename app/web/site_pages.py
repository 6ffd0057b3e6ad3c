"""Pages that are not news, at `/about/` and the like."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.common import no_append_slash
from django.views.decorators.http import require_safe

from app.blog import versions
from app.blog.models import Page
from app.blog.plain_text import plain_text
from app.blog.truncation import shortened
from app.web.conditional_get import public


@no_append_slash
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = get_object_or_404(Page.objects.public(), slug=slug)
    about = {"page": found, "description": found.description or shortened(plain_text(found.content_html), words=40)}
    facts = (found.pk, found.updated_at, versions.current(versions.SITE))
    return public(request, facts, lambda: render(request, "web/page.html", about))
