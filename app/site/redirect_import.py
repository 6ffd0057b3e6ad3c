"""Redirects from a CSV file: `old address, new address` and, where it is wanted, 301 or 302."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from app.site.models import SiteRedirect, tidy_path

MOST = 10_000
LARGEST = 5 * 2**20
"""Bytes of one file."""
SHOWN = 20
HEADS = {"from", "old", "path", "source"}
KINDS = {"": True, "301": True, "308": True, "302": False, "307": False}


@dataclass
class Report:
    """What became of the lines: how many redirects were kept, and what is wrong with the others, the first of them."""

    kept: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, line: int, text: str) -> None:
        self.refused += 1
        if len(self.problems) < SHOWN:
            self.problems.append(_("Line %(line)s: %(text)s") % {"line": line, "text": text})


def load(content: bytes) -> Report:
    """Keep each redirect that is right; a line whose old address is known changes where it leads. Raises ValidationError."""
    report, found = Report(), {}
    for number, row in _rows(content):
        try:
            made = _redirect(row)
        except ValidationError as error:
            report.refuse(number, " ".join(error.messages))
            continue
        found[made.path] = made
    with transaction.atomic():
        SiteRedirect.objects.bulk_create(
            found.values(),
            update_conflicts=True,
            unique_fields=["path"],
            update_fields=["target", "is_permanent"],
            batch_size=500,
        )
    report.kept = len(found)
    return report


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield each line's number and cells, without the heads of columns."""
    if len(content) > LARGEST:
        raise ValidationError(_("The file is larger than 5 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("Save the file as UTF-8.")) from None
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
        if number > MOST + 1:
            raise ValidationError(_("The file has more than %(most)s lines.") % {"most": MOST})
        cells = [cell.strip() for cell in row]
        if any(cells) and not (number == 1 and cells[0].lower() in HEADS):
            yield number, cells


def _redirect(row: list[str]) -> SiteRedirect:
    path, target, kind = [*row, "", "", ""][:3]
    if kind not in KINDS:
        raise ValidationError(_("the third column is 301 or 302."))
    made = SiteRedirect(path=path, target=target, is_permanent=KINDS[kind])
    made.full_clean(validate_unique=False)
    return made


def change_one(path: str, target: str, *, is_permanent: bool) -> SiteRedirect:
    """Keep one redirect, in place of the one that this old address had. Raises ValidationError by field."""
    made = SiteRedirect.objects.filter(path=tidy_path(path)).first() or SiteRedirect(path=path)
    made.path, made.target, made.is_permanent = path, target, is_permanent
    made.save()
    return made
