"""The catalogues of translators, one folder for each language: kept in step with locale/en, compiled, and checked.

The compiled files are committed, as Django's own are: a machine that runs the site has neither gettext nor Babel.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
SOURCE = LOCALE / "en" / "LC_MESSAGES" / "django.po"
HEADER = r"""# Afterword in {name}. `python -m tools.messages` keeps this file in step with locale/en.
msgid ""
msgstr ""
"Project-Id-Version: Afterword\n"
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plural_forms};\n"

"""
"""Without dates and names, which change while no text does: who translated is in the history."""
PLACEHOLDER = re.compile(r"%\(\w+\)[#0 +.\d-]*[a-zA-Z]|%[sdif]|%%|\{\w*\}")
TAG = re.compile(r"</?(?:a|b|bdi|code|em|i|kbd|link|meta|p|q|script|span|strong)\b")
Text = str | tuple[str, ...] | list[str] | None
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def languages() -> list[Path]:
    """Return the catalogue of each language that is translated into."""
    return sorted(path for path in LOCALE.glob("*/LC_MESSAGES/django.po") if path != SOURCE)


def update() -> list[str]:
    """Bring every catalogue in step with locale/en, and compile it. Return what was written."""
    return [line for path in languages() for line in _updated(path)]


def problems(paths: list[Path] | None = None) -> list[str]:
    """Return what is wrong with the catalogues, a line each, named by folder and text."""
    return [f"{path.parts[-3]}: {text}" for path in (paths or languages()) for text in _problems_of(path)]


def in_step(path: Path) -> str:
    """Return the catalogue as it should be: each text of locale/en in its order, nothing else, without guesses."""
    catalogue = read(path)
    catalogue.update(read(SOURCE), no_fuzzy_matching=True)
    return written(catalogue, path.parts[-3])


def written(catalogue: Catalog, language: str) -> str:
    """Return the catalogue as a file: the same for the same texts."""
    texts = BytesIO()
    write_po(texts, catalogue, width=0, omit_header=True, include_lineno=False, ignore_obsolete=True)
    name = Locale.parse(language).english_name
    header = HEADER.format(name=name, language=language, plural_forms=catalogue.plural_forms.rstrip("; "))
    return header + texts.getvalue().decode().strip() + "\n"


def compiled(path: Path) -> bytes:
    """Return the catalogue as Django loads it. The same octets for the same texts."""
    catalogue, octets = read(path), BytesIO()
    catalogue.creation_date = catalogue.revision_date = LONG_AGO
    write_mo(octets, catalogue)
    return octets.getvalue()


def read(path: Path) -> Catalog:
    with path.open("rb") as lines:
        return read_po(lines, locale=path.parts[-3])


def _updated(path: Path) -> Iterator[str]:
    after, binary = in_step(path), path.with_suffix(".mo")
    if after != path.read_text():
        path.write_text(after)
        yield f"written: {path.relative_to(ROOT)}"
    if not _is_compiled(path):
        binary.write_bytes(compiled(path))
        yield f"compiled: {binary.relative_to(ROOT)}"


def _is_compiled(path: Path) -> bool:
    """Return whether the compiled file says the same: its octets may be those of another version of Babel."""
    binary = path.with_suffix(".mo")
    return binary.exists() and _texts(binary.read_bytes()) == _texts(compiled(path))


def _texts(octets: bytes) -> dict[object, str]:
    texts: dict[object, str] = dict(vars(GNUTranslations(BytesIO(octets)))["_catalog"])
    texts.pop("", None)
    return texts


def _problems_of(path: Path) -> Iterator[str]:
    if in_step(path) != path.read_text():
        yield "not in step with locale/en"
    if not _is_compiled(path):
        yield "django.mo is missing or out of date"
    catalogue = read(path)
    for message in catalogue:
        if message.id:
            yield from (f"{what}: {_first(message.id)!r}" for what in _problems_in(message))


def _problems_in(message: Message) -> Iterator[str]:
    """A plural form that a language has and the file lacks is empty: missing."""
    texts = _all(message.string)
    if not all(texts):
        yield "missing"
        return
    if message.fuzzy:
        yield "fuzzy"
    if not _same_parts(_all(message.id), texts):
        yield "other placeholders or tags"
    if len({text.endswith("\n") for text in (*_all(message.id), *texts)}) > 1:
        yield "other line end"


def _same_parts(source: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    """Return whether each text has the placeholders and tags of its source; a plural form may say its number in a word."""
    most = _parts(source[-1])
    number = 1 if len(source) > 1 else 0
    exact = all(_parts(text) == most for text in texts[-1:])
    return exact and all(not _parts(text) - most and (most - _parts(text)).total() <= number for text in texts)


def _parts(text: str) -> Counter[str]:
    return Counter([*PLACEHOLDER.findall(text), *TAG.findall(text)])


def _all(text: Text) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _first(text: Text) -> str:
    return _all(text)[0][:70]
