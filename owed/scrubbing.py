"""Take addresses and secrets out of error texts before anybody stores or shows them."""

from __future__ import annotations

import re

# One screen in the studio, and room for a driver that quotes the statement it failed on.
LIMIT = 500
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
QUERY = re.compile(r"(?<=\?)[^\s'\"<>]+")
TOKEN = re.compile(r"\b(?:whsec_)?[A-Za-z0-9_+/=-]{32,}\b")


def scrub(text: str) -> str:
    """Return the text on one line, without mail addresses, URL credentials and queries, or long tokens."""
    text = "".join(char if char.isprintable() else " " for char in text)
    # Credentials first: with the user name in front, a URL with a password looks like a mail address.
    text = CREDENTIALS.sub("", text)
    for pattern, name in ((QUERY, "query"), (ADDRESS, "address"), (TOKEN, "token")):
        text = pattern.sub(f"[{name}]", text)
    return text[:LIMIT]


def scrub_lines(text: str) -> str:
    """Return a traceback with each line scrubbed, except those that name files: a path looks like a token."""
    return "".join(line if line.startswith('  File "') else _scrub_line(line) for line in text.splitlines(keepends=True))


def _scrub_line(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    return indent + scrub(line.strip()) + ("\n" if line.endswith("\n") else "")


def describe(error: BaseException) -> str:
    """Return an error's kind and message, scrubbed."""
    said = str(error).partition("\nDETAIL:")[0]  # PostgreSQL quotes the failing row there
    return scrub(f"{type(error).__name__}: {said}".removesuffix(": "))
