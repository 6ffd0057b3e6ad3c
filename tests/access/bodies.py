"""The smallest body that the description of the API accepts for an operation."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from app.api.api import api

FORMATS = {
    "idn-email": "new@example.org",
    "email": "new@example.org",
    "date": "2031-05-06",
    "date-time": "2031-05-06T07:08:00Z",
}
PATTERNS = ("x", "1", "post:1", "1s")


def body_of(method: str, address: str) -> tuple[str, dict[str, Any]]:
    """Return the content type and the fields for an operation; ("", {}) where it takes no body, or is not the API's."""
    description = described()
    path = address.replace("<", "{").replace(">", "}")
    taken = description["paths"].get(path, {}).get(method.lower(), {}).get("requestBody", {}).get("content", {})
    for kind, content in taken.items():
        return kind, _value(content["schema"], description["components"]["schemas"])
    return "", {}


@cache
def described() -> dict[str, Any]:
    """Return the description, which takes half a second to make."""
    return dict(api.get_openapi_schema())


def _value(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(known[schema["$ref"].rpartition("/")[2]], known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _value(schema[choice][0], known)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type", "object"):
        case "object":
            needed = schema.get("required", [])
            return {name: _value(each, known) for name, each in schema.get("properties", {}).items() if name in needed}
        case "array":
            return [_value(schema["items"], known)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    if schema.get("format") == "binary":
        return SimpleUploadedFile("posts.zip", b"PK")
    return FORMATS.get(schema.get("format", "")) or _text(schema)


def _text(schema: dict[str, Any]) -> str:
    fits = [each for each in PATTERNS if re.search(schema.get("pattern", ""), each)]
    return (fits or [""])[0].ljust(schema.get("minLength", 0), "x")
