"""Uploaded pictures, where no proxy serves them (config/nginx/site.conf says the same)."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve

ORIGINAL = r"images/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]+"
VARIANT = r"variants/[0-9a-f]{2}/[0-9a-f]{64}/[0-9]+-[0-9a-f]{16}\.[a-z]+"
NAMED_BY_CONTENT = re.compile(f"{ORIGINAL}|{VARIANT}")


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with the file. What is named by its content never changes, and is never asked for again."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    lasting = NAMED_BY_CONTENT.fullmatch(path)
    # Opened by itself, a file runs nothing, whatever a browser takes it for.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=3600"
    return response
