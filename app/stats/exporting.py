"""The daily numbers as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io

from app.blog.models import Post
from app.stats.reports import Report, table


def days_csv(report: Report, post: Post | None = None) -> str:
    """Return a line for each day, oldest first. A number that is not known is empty."""
    rows = table(report.days, post)
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
