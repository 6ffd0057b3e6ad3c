"""Feeds over HTTP: validators first, the body only if it is wanted."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from app.feeds.building import Built, build
from app.feeds.copies import copies
from app.feeds.models import Document
from app.feeds.subjects import SITE, Subject, subject_at

TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}


@require_safe
def feed(request: HttpRequest, *, form: str, kind: str = SITE, name: str = "") -> HttpResponseBase:
    """Send a feed, or 304 if it has not changed."""
    subject = subject_at(kind, name)
    if subject is None:
        raise Http404
    return _answer(request, _current(subject, form), TYPES[form])


def _current(subject: Subject, form: str) -> Built:
    """Return the stored document, its bytes from this process where it has them, or one built for this request."""
    stored = Document.objects.filter(scope=subject.scope, format=form)
    kept = stored.values("etag", "last_modified").first()
    # A feed of a new author or tag, asked for before a worker has built it.
    if kept is None:
        return build(subject, form)
    body = copies.get((subject.scope, form, kept["etag"]))
    return Built(**kept, body=body) if body is not None else _loaded(subject, stored.first()) or build(subject, form)


def _loaded(subject: Subject, document: Document | None) -> Built | None:
    if document is None:
        return None
    built = Built(etag=document.etag, last_modified=document.last_modified, body=bytes(document.body))
    copies.put((subject.scope, document.format, built.etag), built.body)
    return built


def _answer(request: HttpRequest, document: Built, content_type: str) -> HttpResponseBase:
    response = HttpResponse(content_type=content_type)
    seconds = int(document.last_modified.timestamp())
    response["ETag"] = f'"{document.etag}"'
    response["Last-Modified"] = http_date(seconds)
    response["Cache-Control"] = "public, max-age=60"
    # A cache in front of the site may hold it compressed.
    response["Vary"] = "Accept-Encoding"
    conditional = get_conditional_response(request, response["ETag"], seconds, response)
    if conditional is not None and conditional is not response:
        return conditional
    response["Content-Length"] = str(len(document.body))
    if request.method == "GET":
        response.content = document.body
    return response
