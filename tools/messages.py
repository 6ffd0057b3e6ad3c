"""`python -m tools.messages [--check]`: collect the texts marked for translation, and bring every catalogue up to date.

Collecting needs GNU gettext (xgettext). Without it, --check leaves that part out and says so: contributors need no translator's
tools.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from tools import catalogues
from tools.catalogues import ROOT, SOURCE

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
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where one is out of date or incomplete")
    check = parser.parse_args().check
    collecting = shutil.which("xgettext") is not None
    if not collecting and not check:
        sys.exit("Install GNU gettext: xgettext was not found.")
    old = _collected(check) if collecting else []
    if not collecting:
        print("skipped: whether locale/en has every text (xgettext of GNU gettext was not found)")
    problems = [*old, *catalogues.problems()] if check else [*catalogues.update(), *catalogues.problems()]
    print(*problems, sep="\n", end="\n" if problems else "")
    if check and problems:
        sys.exit("Run python -m tools.messages, then complete what is still named.")


def _collected(check: bool) -> list[str]:
    """Write locale/en, or say that it is old."""
    before = SOURCE.read_text() if SOURCE.exists() else ""
    after = collect()
    SOURCE.write_text(before if check else after)
    return ["locale/en: out of date"] if check and before != after else []


def collect() -> str:
    """Collect the catalogue from scratch and return it: every marked text of the source, without dates."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    SOURCE.parent.mkdir(parents=True, exist_ok=True)
    SOURCE.unlink(missing_ok=True)
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
    _, _, texts = SOURCE.read_text().partition("\n\n")
    return HEADER + texts


if __name__ == "__main__":
    main()
