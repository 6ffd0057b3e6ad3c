"""What a post looks like in a mail: its styles written into each element, as Outlook and others drop the style sheet."""

from __future__ import annotations

from functools import cache
from string import Template

from css_inline import CSSInliner

# The layout has the colours for a dark screen, which cannot be written into an element.
STYLES = """
a { color: #2438b8; }
img { max-width: 100%; height: auto; }
pre { padding: 12px 14px; background: #f5f5f1; font-size: 14px; line-height: 1.5; white-space: pre-wrap; }
blockquote { margin: 1.2em 0; padding: 0; padding-$start: 16px; border-$start: 3px solid #2438b8; color: #555962; }
table { border-collapse: collapse; }
td, th { padding: 6px 0; padding-$end: 16px; border-bottom: 1px solid #deded7; text-align: $start; vertical-align: top; }
"""


def styled(markup: str, direction: str = "ltr") -> str:
    """Return sanitised HTML with its styles in each element; what an element says of itself goes before."""
    return _inliner().inline_fragment(f"<div>{markup}</div>", _styles(direction)).removeprefix("<div>").removesuffix("</div>")


@cache
def _styles(direction: str) -> str:
    """Return the styles of a text in this direction: many mail programs do not know `border-inline-start`."""
    start, end = ("right", "left") if direction == "rtl" else ("left", "right")
    return Template(STYLES).substitute(start=start, end=end)


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False)
