"""A log line with what is attached to it. It imports no models: Django sets up logging before there are any."""

from __future__ import annotations

import logging

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}
"""What records have without `extra`; `data` is what Celery adds."""


class FactsFormatter(logging.Formatter):
    """Write what is attached to a line behind it, as name=value; a traceback below."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        said = {name: value for name, value in vars(record).items() if name not in STANDARD and value not in ("", None)}
        traceback = said.pop("traceback", "")
        facts = " ".join(f"{name}={value}" for name, value in said.items())
        line = f"{super().formatMessage(record)} {facts}".rstrip()
        return f"{line}\n{traceback}".rstrip()
