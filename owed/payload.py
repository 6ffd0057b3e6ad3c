"""Effects that carry whatever JSON a task of another library takes, instead of ids and small scalars."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .declaration import Declaration
from .outcomes import BadArguments

PAYLOAD_LIMIT = 64 * 1024
"""Bytes of JSON. A row is read at each try, and copied by each update: what is larger belongs in a table of its own."""


class PayloadDeclaration(Declaration[Any]):
    """A declaration whose arguments are checked by size alone; the library that they come from knows their form."""

    def check(self, args: Mapping[str, Any]) -> None:
        """Raise BadArguments for what PostgreSQL cannot hold as JSON, or for more than PAYLOAD_LIMIT bytes."""
        problem = refusal(args)
        if problem:
            raise BadArguments(f"{args.get('path', self.name)}: {problem}")


def refusal(value: Any) -> str:
    """Return why the value cannot be kept as JSON; empty where it can."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        return str(error)
    # json.dumps writes NUL as an escape, so that this finds it in keys and values alike.
    if "\\u0000" in text:
        return "a NUL character, which PostgreSQL refuses"
    return f"over {PAYLOAD_LIMIT} bytes of JSON" if len(text) > PAYLOAD_LIMIT else ""
