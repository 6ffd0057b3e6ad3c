"""What Docusaurus adds to Markdown: admonitions, and lines of JavaScript."""

from __future__ import annotations

import re

from app.importer.markdown_code import mask_code, unmask_code

ADMONITION = re.compile(
    r"^[ \t]*:{3,}[ \t]*(?P<kind>[a-z]+)?(?:\[(?P<label>[^\[\]\n]*)\]|[ \t]+(?P<title>[^\n:{]+))?[^\n]*$", re.M
)
SCRIPT = re.compile(
    r"^(?:import\s[^\n]*\sfrom\s[^\n]*|import\s+['\"][^\n]*|export\s+(?:const|default|let|function)\b[^\n]*)\n?", re.M
)


COMMENT = re.compile(r"\{/\*(?:(?!\*/|\{/\*).)*\*/\}", re.S)


def without_mdx(text: str) -> tuple[str, list[str]]:
    """Return the text with admonitions as paragraphs under a word in bold, and the lines of JavaScript that were taken out."""
    prose, code = mask_code(text)
    removed: list[str] = []

    def take_out(match: re.Match[str]) -> str:
        removed.append(match[0].strip())
        return ""

    return unmask_code(SCRIPT.sub(take_out, ADMONITION.sub(_heading, COMMENT.sub("", prose))), code), removed


def _heading(match: re.Match[str]) -> str:
    words = match["label"] or match["title"] or (match["kind"] or "").capitalize()
    return f"\n**{words.strip()}**\n" if words.strip() else ""
