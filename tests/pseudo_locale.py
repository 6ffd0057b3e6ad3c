"""A pseudo-locale: every translated text comes out accented, so that plain ASCII on a page was never marked.

Needs no compiled catalogue: the translation object is put where Django keeps those it has loaded, under the language eo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation
from django.utils.translation import trans_real
from lxml import html

LANGUAGE = "eo"
ACCENTED = str.maketrans("aceghijklnorstuyzACEGHIJKLNORSTUYZ", "áćéğĥíĵķĺñóŕśťúýźÁĆÉĞĤÍĴĶĹÑÓŔŚŤÚÝŹ")
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*[^}]*\}|<[^>]*>|&\w+;)")
"""Placeholders, tags and entities: what a translator leaves alone."""
WORD = re.compile(r"[A-Za-z]{3,}")
UNSEEN = ("script", "style", "code", "pre", "textarea", "title[@data-name]", "bdi")
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")


def accent(text: str) -> str:
    parts = KEPT.split(text)
    return "".join(part if place % 2 else part.translate(ACCENTED) for place, part in enumerate(parts))


class PseudoTranslation:
    """What django.utils.translation asks of a loaded language."""

    plural = staticmethod(lambda number: int(number != 1))

    def gettext(self, message: str) -> str:
        return accent(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def to_language(self) -> str:
        return LANGUAGE

    def language(self) -> str:
        return LANGUAGE


@contextmanager
def pseudo_locale() -> Iterator[None]:
    """Speak the pseudo-locale inside."""
    kept = trans_real._translations.get(LANGUAGE)
    trans_real._translations[LANGUAGE] = PseudoTranslation()
    try:
        with translation.override(LANGUAGE):
            yield
    finally:
        trans_real._translations.pop(LANGUAGE, None)
        if kept is not None:
            trans_real._translations[LANGUAGE] = kept


def unmarked(page: str, names: frozenset[str] = frozenset()) -> list[str]:
    """Return the texts of a page, or of a plain text, that were never marked; `names` are not to be translated."""
    if "<" not in page:
        return [line for line in page.splitlines() if _plain_words(line, names)]
    tree = html.fromstring(page)
    for element in tree.xpath("|".join(f"//{name}" for name in UNSEEN)):
        element.drop_tree() if element.getparent() is not None else None
    texts = [text.strip() for text in tree.itertext()]
    texts += [value for name in ATTRIBUTES for value in tree.xpath(f"//@{name}")]
    return sorted({text for text in texts if _plain_words(text, names)})


def _plain_words(text: str, names: frozenset[str]) -> list[str]:
    bare = re.sub(r"\S+@\S+|https?://\S+|\S*/\S*|\b\w+:\d+", " ", text)
    return [word for word in WORD.findall(bare) if word not in names]
