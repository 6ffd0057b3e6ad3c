"""Say what is wrong with how this publication sends mail."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.mail.verdicts import Level, Verdict
from app.newsletter.mail_check import examine

MARKS = {Level.GOOD: "ok", Level.WARNING: "look", Level.BAD: "BAD", Level.UNKNOWN: "?"}


class Command(BaseCommand):
    help = (
        "Check what large mail providers ask of a sender: the mail server and its encryption, SPF, DKIM, DMARC, reverse DNS, "
        "the headers for unsubscribing, bounces. One verdict a line, with what to change below it. Sends no mail. "
        "Exit code 1: something must be changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON object a line, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        verdicts = examine()
        for verdict in verdicts:
            self.stdout.write(_object(verdict) if options["json"] else _lines(verdict))
        if any(verdict.level == Level.BAD for verdict in verdicts):
            raise SystemExit(1)


def _lines(verdict: Verdict) -> str:
    line = f"{MARKS[verdict.level]:5}{verdict.subject.label}: {verdict.text}"
    return f"{line}\n     {verdict.change}" if verdict.change else line


def _object(verdict: Verdict) -> str:
    return json.dumps(
        {
            "subject": verdict.subject,
            "level": verdict.level,
            "code": verdict.code,
            "text": verdict.text,
            "change": verdict.change,
        }
    )
