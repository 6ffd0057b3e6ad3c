"""What no browser sends, and no page can read: 400, wherever it arrives."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import bad_request

Answer = Callable[[HttpRequest], HttpResponse]

# A number that no column holds; the longest holds 19 digits.
TOO_BIG = re.compile(r"\d{19}")


class Malformed:
    """Refuse what cannot be read before anything reads it, and answer 400 where a value that was sent broke a page.

    A field may hold a NUL: a form that is ready for one says so and keeps what was typed. One that is not ends here.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path and not _is_of_api(request):
            return _refusal(request, _("The address contains a character that no address has."))
        if request.encoding and not _is_utf8(request.encoding):
            return _refusal(request, _("Send the request in UTF-8."))
        if request.encoding:
            request.encoding = "utf-8"  # by the one name that Django takes
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 400 where the error comes from a value of the request."""
        return bad_request(request, BadRequest(str(error))) if _is_of(request, error) else None


def _is_utf8(name: str) -> bool:
    return codecs.lookup(name).name in {"utf-8", "ascii"}


def _is_of_api(request: HttpRequest) -> bool:
    """Return whether the API answers, which names the field that is wrong."""
    return request.path.startswith("/api/")


def _refusal(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer without a page: a page reads the request again."""
    if _is_of_api(request):
        return JsonResponse({"detail": sentence, "fields": {}}, status=400)
    return HttpResponseBadRequest(f"{sentence}\n", content_type="text/plain; charset=utf-8")


def _is_of(request: HttpRequest, error: Exception) -> bool:
    """Return whether a value that was sent cannot be what it is taken for: text with NUL, a number that is none or too big."""
    if isinstance(error, DataError) or "NUL" in str(error):
        return any("\0" in value or TOO_BIG.search(value) for value in _values(request))
    if isinstance(error, ValueError) and "expected a number but got" in str(error):
        return any(repr(value) in str(error) for value in _values(request))
    return False


def _values(request: HttpRequest) -> Iterator[str]:
    yield request.path
    for values in (request.GET, request.POST):
        for _name, each in values.lists():
            yield from (value for value in each if isinstance(value, str))
