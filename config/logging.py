"""Log lines: constant events with facts attached, as text for people or JSON for machines."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller attached by `extra=`."""
    return {name: value for name, value in record.__dict__.items() if name not in STANDARD and name != "request"}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **facts(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        parts = [self.formatTime(record, "%H:%M:%S"), record.levelname[:4].lower(), _one_line(record.getMessage())]
        said = facts(record)
        traceback = said.pop("traceback", "")
        parts += [f"{name}={_one_line(str(value))}" for name, value in said.items()]
        if traceback:
            parts.append("\n" + "\n".join(map(_one_line, traceback.rstrip().split("\n"))))
        if record.exc_info:
            parts.append("\n" + self.formatException(record.exc_info))
        return " ".join(parts)


class BriefRefusals(logging.Filter):
    """Takes the traceback off what was refused (4xx): the fault is the caller's, not ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True


def _one_line(text: str) -> str:
    """Escape control characters, so that no input can forge a log line."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def logging_config(log_format: str) -> dict[str, Any]:
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"refusals": {"()": BriefRefusals}, "requests": {"()": "app.middleware.request_id.RequestIds"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["requests"]}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO"},  # its own handler would say everything twice, and forgeably
            "django.request": {"filters": ["refusals"]},
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "celery.app.trace": {"level": "ERROR"},
            "celery.worker.strategy": {"level": "WARNING"},
            "fido2": {"level": "WARNING"},  # it writes the ids of passkeys below that
            "mail.log": {"level": "WARNING"},  # aiosmtpd writes addresses below that
            "flower.command": {"level": "WARNING"},  # it lists every task over many lines
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }
