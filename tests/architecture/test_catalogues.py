"""The catalogue of each language: every text translated, with the same placeholders, in as many forms as the language has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import to_locale

from tools import catalogues

LANGUAGES = {path.parts[-3]: path for path in catalogues.languages()}


def locales() -> list[str]:
    return sorted(to_locale(code) for code, _ in settings.LANGUAGES if code != "en")


class TestALanguage:
    def test_of_the_interface_is_a_folder(self) -> None:
        assert sorted(LANGUAGES) == locales()

    @pytest.mark.parametrize("language", locales())
    def test_is_complete_and_compiled(self, language: str) -> None:
        assert catalogues.problems([LANGUAGES[language]]) == []

    @pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not here")
    @pytest.mark.parametrize("language", locales())
    def test_is_what_gettext_accepts(self, language: str) -> None:
        run = subprocess.run(
            ["msgfmt", "--check", "--output-file=/dev/null", LANGUAGES[language]], capture_output=True, text=True, timeout=60
        )
        assert run.returncode == 0, run.stderr


class TestTheCheck:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        """A catalogue in which each text is its own translation."""
        path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True)
        catalogue = catalogues.read(catalogues.SOURCE)
        for message in catalogue:
            message.string = message.id if message.id else message.string
        path.write_text(catalogues.written(catalogue, "de"))
        return path

    def test_finds_nothing_in_a_complete_one(self, copy: Path) -> None:
        assert [each for each in catalogues.problems([copy]) if "django.mo" not in each] == []

    def test_finds_each_flaw(self, copy: Path) -> None:
        text = copy.read_text().replace('msgid "Reader"\nmsgstr "Reader"', 'msgid "Reader"\nmsgstr ""')
        text = text.replace('msgid "Author"\n', '#, fuzzy\nmsgid "Author"\n', 1)
        text = text.replace('msgstr "Too many attempts.', 'msgstr "%(times)d attempts.', 1)
        copy.write_text(text.replace("nplurals=2; plural=(n != 1)", "nplurals=3; plural=(n > 1)"))
        found = {each.partition(": ")[2].partition(": ")[0] for each in catalogues.problems([copy])}
        assert {"missing", "fuzzy", "other placeholders or tags"} <= found
        assert any("missing: '%(" in each for each in catalogues.problems([copy]))  # the third form of a plural

    def test_finds_a_compiled_file_that_is_old(self, copy: Path) -> None:
        copy.with_suffix(".mo").write_bytes(catalogues.compiled(copy))
        assert catalogues.problems([copy]) == []
        copy.write_text(copy.read_text().replace('msgid "Reader"\nmsgstr "Reader"', 'msgid "Reader"\nmsgstr "Leser"'))
        assert catalogues.problems([copy]) == ["de: django.mo is missing or out of date"]
