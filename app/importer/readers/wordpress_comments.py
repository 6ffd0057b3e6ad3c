"""The comments of a post in a WordPress export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from app.blog.plain_text import plain_text
from app.importer.comment_text import markdown_of
from app.importer.dates import parse_date
from app.importer.readers.xml_repair import Element, local_name
from app.importer.source import CannotRead, SourceComment
from app.importer.text import one_line
from app.site import limits

Values = dict[str, str]


def comments_of(item: Element, values_of: Callable[[Element], Values]) -> tuple[tuple[SourceComment, ...], list[str]]:
    """Return the comments that readers saw or that wait for approval, and in words what is left behind."""
    found: list[SourceComment] = []
    left: Counter[str] = Counter()
    for child in item:
        if isinstance(child.tag, str) and local_name(child) == "comment":
            comment = _comment(values_of(child), len(found))
            if isinstance(comment, str):
                left[comment] += 1
            else:
                found.append(comment)
    return tuple(found), [f"{count} {what}" for what, count in left.items()]


def _comment(values: Values, position: int) -> SourceComment | str:
    kind, approved = values.get("comment_type", ""), values.get("comment_approved", "")
    if kind not in {"", "comment"}:
        return f"comments of type {kind[:20]}"
    if approved not in {"0", "1"}:
        return f"comments marked as {approved[:20] or 'nothing'}"
    content = markdown_of(values.get("comment_content", ""))
    if not content:
        return "comments without words"
    if len(content) > limits.COMMENT:
        return f"comments of more than {limits.COMMENT:,} characters"
    parent = values.get("comment_parent", "")
    return SourceComment(
        key=values.get("comment_id") or f"position {position}",
        name=plain_text(values.get("comment_author", ""))[:100],
        email=one_line(values.get("comment_author_email", "")),
        content=content,
        created_at=_date(values),
        approved=approved == "1",
        parent="" if parent == "0" else parent,
    )


def _date(values: Values) -> datetime:
    try:
        found = parse_date(values.get("comment_date_gmt", "")) or parse_date(values.get("comment_date", ""))
    except CannotRead:
        found = None
    return found or datetime(1970, 1, 1, tzinfo=UTC)
