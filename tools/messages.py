"""`python -m tools.messages [--check]`: collect the texts that are marked for translation, or say that the catalogue is old.

Needs GNU gettext (xgettext); without it --check says so and passes, since contributors need no translator's tools.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
IGNORED = ["var/*", ".venv*", "tests/*", "bench/*", "docs/*", "node_modules/*", "owed/tests/*", "owed/example/*"]
HEADER = r"""# Afterword's texts, collected by `python -m tools.messages`. Source language: English.
msgid ""
msgstr ""
"Project-Id-Version: Afterword\n"
"Language: en\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""
"""Instead of xgettext's own, whose dates differ at each run."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 where the catalogue is out of date")
    check = parser.parse_args().check
    if shutil.which("xgettext") is None:
        if not check:
            sys.exit("Install GNU gettext: xgettext was not found.")
        print("skipped: the catalogue of texts (xgettext of GNU gettext was not found)")
        return
    before = CATALOGUE.read_text() if CATALOGUE.exists() else ""
    after = collect()
    CATALOGUE.write_text(before if check else after)
    if check and before != after:
        sys.exit("locale/ is out of date: run python -m tools.messages")


def collect() -> str:
    """Collect the catalogue from scratch and return it: every marked text of the source, without dates."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.unlink(missing_ok=True)
    os.chdir(ROOT)
    call_command(
        "makemessages",
        locale=["en"],
        extensions=["html", "txt", "py"],
        ignore_patterns=IGNORED,
        add_location="file",
        no_wrap=True,
        verbosity=0,
    )
    _, _, texts = CATALOGUE.read_text().partition("\n\n")
    return HEADER + texts


if __name__ == "__main__":
    main()
