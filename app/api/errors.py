"""Every error is JSON: `detail` says what happened, `fields` what to change where."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema
from ninja import errors as ninja_errors

from app.api.validation_messages import FIELD_NEEDED, OBJECT, plain
from app.blog.errors import ContentTooLong, NotStored, PostGone, Refused

logger = logging.getLogger("api")

BAD_TOKEN = _("This token is not valid, or was revoked. POST /api/v1/tokens issues another.")
SET_UP_FIRST = _("Set up a second factor on the site first: this publication asks you for one.")
Fields = dict[str, list[str]]

View = Callable[..., HttpResponseBase]


class Problem(Schema):
    """What every error looks like."""

    detail: str
    fields: dict[str, list[str]]


class Refusal(ninja_errors.HttpError):
    """The request cannot be done."""

    status = 400

    def __init__(self, message: str, fields: Fields | None = None) -> None:
        super().__init__(self.status, message)
        self.fields = fields or {}


class Forbidden(Refusal):
    status = 403


class NotFound(Refusal):
    status = 404

    def __init__(self) -> None:
        super().__init__(str(_("Not found.")))


class Conflict(Refusal):
    status = 409


class Invalid(Refusal):
    status = 422

    def __init__(self, fields: Fields) -> None:
        super().__init__(_first(fields), fields)


class TokenRefused(ninja_errors.AuthenticationError):
    """The token is valid, and not enough: answered as one that is not, with what is missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message=message)


class TooMany(Refusal):
    status = 429


def install(api: NinjaAPI) -> None:
    """Register the answer to every error."""
    for kind, answer in {
        ninja_errors.ValidationError: _schema,
        ninja_errors.HttpError: _http,
        ninja_errors.AuthenticationError: _unauthenticated,
        TooMany: _slow_down,
        Http404: _missing,
        PostGone: _missing,
        RequestDataTooBig: _too_big,
        MultiPartParserError: _unreadable,
        SuspiciousOperation: _unreadable,
        ContentTooLong: _too_long,
        NotStored: _not_stored,
        ValidationError: _model,
        Refused: _refused,
        Exception: _unforeseen,
    }.items():
        api.add_exception_handler(kind, answer)


def problem(status: int, detail: str | Promise, fields: Fields | None = None) -> HttpResponse:
    return JsonResponse({"detail": detail, "fields": fields or {}}, status=status)


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Answer what no route of the API matches."""
    return problem(404, _("This API has no such address. /api/v1/openapi.json lists them all."))


def with_json_refusals(view: View) -> View:
    """Let the view refuse a method as everything else is refused, and answer HEAD wherever it answers GET (RFC 9110 9.1)."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # ninja looks the operation up by it; the server leaves the body out
        response = view(request, *args, **kwargs)
        request.method = method
        if response.status_code != 405:
            return response
        methods = set(response["Allow"].split(", "))
        allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
        refusal = problem(405, _("This address accepts %(allowed)s, not %(method)s.") % {"allowed": allowed, "method": method})
        refusal["Allow"] = allowed
        return refusal

    return answer


def _schema(request: HttpRequest, error: Any) -> HttpResponse:
    fields: Fields = {}
    for each in error.errors:
        place = [str(part) for part in each["loc"][1:] if part != "payload"]  # the first says whether of body, query, path …
        said = plain(each["type"], each["msg"], each.get("ctx", {}))
        fields.setdefault(".".join(place) or "body", []).append(
            str(said) if place or str(said) != str(FIELD_NEEDED) else str(OBJECT)
        )
    return problem(422, _first(fields), fields)


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    detail = _("The body is not valid JSON.") if str(error).startswith("Cannot parse request body") else str(error)
    return problem(error.status_code, detail, getattr(error, "fields", None))


def _unauthenticated(request: HttpRequest, error: Any) -> HttpResponse:
    known = BAD_TOKEN if "Authorization" in request.headers else _("Sign in: send Authorization: Token <your token>.")
    response = problem(401, str(error) if isinstance(error, TokenRefused) else known)
    response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def _slow_down(request: HttpRequest, error: Any) -> HttpResponse:
    response = problem(error.status_code, str(error))
    response["Retry-After"] = "60"
    return response


def _missing(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(404, _("Not found."))


def _too_big(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(413, _("The request is too large."))


def _unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(400, _("The body cannot be read."))


def _too_long(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(413, error.messages[0], {"content": error.messages})


def _not_stored(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(507, error.messages[0], {"file": error.messages})


def _model(request: HttpRequest, error: Any) -> HttpResponse:
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    fields = {"body" if name == NON_FIELD_ERRORS else name: list(messages) for name, messages in by_field.items()}
    return problem(422, _first(fields), fields)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(409, str(error))


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("api.failed", exc_info=error, extra={"path": request.path, "method": request.method})
    return problem(500, _("Something went wrong on our side."))


def _first(fields: Fields) -> str:
    name, messages = next(iter(fields.items()))
    return messages[0] if name == "body" else f"{name}: {messages[0]}"
