"""What openapi.json adds to what the routers declare: the refusals of any operation, and who may call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from ninja import NinjaAPI

SCHEME = "Token"
OPTIONAL = "OptionalSignIn"
REFUSALS = {
    400: "The body cannot be read.",
    401: "The token is missing, not valid, or was revoked.",
    413: "The request is too large.",
    422: "A value is not accepted; `fields` says which, and why.",
}
INFO = {
    "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
    "description": "Posts, comments, pictures, readers, mailings, imports, exports, effects. Every error is a `Problem`.",
}


class DescribedApi(NinjaAPI):
    """NinjaAPI whose description says of each operation what the whole API does alike."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        schema["info"] = {**schema["info"], **INFO}
        schema["servers"] = [{"url": settings.SITE_URL}]
        schema["components"]["securitySchemes"] = {
            SCHEME: {"type": "http", "scheme": "bearer", "description": "POST /api/v1/tokens issues a token."}
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                _complete(operation)
        return schema


def _complete(operation: dict[str, Any]) -> None:
    names = {name for each in operation.get("security", []) for name in each}
    refusals = {int(status): REFUSALS[status] for status in _refusals(operation, signs_in=bool(names))}
    operation["security"] = ([{SCHEME: []}] if names else []) + ([{}] if OPTIONAL in names else [])
    responses = {int(status): answer for status, answer in operation["responses"].items()}
    for status, description in refusals.items():
        responses.setdefault(status, _problem(description))
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(operation: dict[str, Any], *, signs_in: bool) -> Iterator[int]:
    """Say which statuses the operation may answer by what it takes."""
    if signs_in:
        yield 401
    if "requestBody" in operation:
        yield from (400, 413)
    if "requestBody" in operation or operation.get("parameters"):
        yield 422


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
