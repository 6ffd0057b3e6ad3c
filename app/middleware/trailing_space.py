"""Pages without space at the ends of their lines, where a template's {% if %} left its indentation."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# What a person typed stays as it is: in a form, where < is written &lt;, and in code.
TYPED = re.compile(rb"(>[^<]*</textarea>|<pre\b.*?</pre>)", re.DOTALL)


def no_trailing_space(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Remove it: validators complain of it."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith("text/html"):
            parts = TYPED.split(response.content)
            parts[::2] = map(_tidied, parts[::2])
            response.content = b"".join(parts)
        return response

    return answer


def _tidied(part: bytes) -> bytes:
    *lines, last = part.split(b"\n")
    return b"\n".join([*(line.rstrip(b" \t") for line in lines), last])
