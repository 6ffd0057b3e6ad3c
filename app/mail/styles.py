"""What a post looks like in a mail: its styles written into each element, as Outlook and others drop the style sheet."""

from __future__ import annotations

from functools import cache

from css_inline import CSSInliner

# The layout has the colours for a dark screen, which cannot be written into an element.
STYLES = """
a { color: #2438b8; }
img { max-width: 100%; height: auto; }
pre { padding: 12px 14px; background: #f5f5f1; font-size: 14px; line-height: 1.5; white-space: pre-wrap; }
blockquote { margin: 1.2em 0; padding: 0 0 0 16px; border-left: 3px solid #2438b8; color: #555962; }
table { border-collapse: collapse; }
td, th { padding: 6px 16px 6px 0; border-bottom: 1px solid #deded7; text-align: left; vertical-align: top; }
"""


def styled(markup: str) -> str:
    """Return sanitised HTML with its styles in each element; what an element says of itself goes before."""
    return _inliner().inline_fragment(f"<div>{markup}</div>", STYLES).removeprefix("<div>").removesuffix("</div>")


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False)
