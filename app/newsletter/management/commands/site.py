"""The settings of the publication from a terminal."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError

from app.newsletter import publication_settings
from app.site.current import SetByOperator, set_by_operator

READ_AS_JSON = {"JSONField", "BooleanField", "PositiveSmallIntegerField"}


class Command(BaseCommand):
    help = "Show what is set about the publication, or set it: `site set name='Northern Towns' accent='#9c1f14'`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="verbs")
        verbs.add_parser("show", help="print every setting").add_argument("--json", action="store_true", help="as JSON")
        setting = verbs.add_parser("set", help="change some of them")
        setting.add_argument("pairs", nargs="+", metavar="NAME=VALUE", help="lists, numbers, true, false and null as JSON")

    def handle(self, *args: Any, verb: str, pairs: list[str] | None = None, **options: Any) -> None:
        if verb == "set":
            self._set(dict(_pair(each) for each in pairs or []))
        elif options["json"]:
            self.stdout.write(json.dumps(publication_settings.values(), indent=2, default=list, ensure_ascii=False))
        else:
            self._show()

    def _show(self) -> None:
        fixed = set_by_operator()
        for name, value in publication_settings.values().items():
            note = "  (set by the operator)" if name in fixed else ""
            self.stdout.write(f"{name:<22}{json.dumps(value, default=list, ensure_ascii=False)}{note}")

    def _set(self, values: dict[str, Any]) -> None:
        try:
            changed = publication_settings.change(values)
        except SetByOperator as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            lines = [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
            raise CommandError("\n".join(lines)) from error
        self.stdout.write(f"Changed: {', '.join(sorted(changed))}." if changed else "Nothing changed.")


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"Write {name}=VALUE.")
    try:
        as_json = publication_settings.kind_of(name) in READ_AS_JSON or name in publication_settings.PICTURES
        return name, json.loads(value) if as_json else value
    except (FieldDoesNotExist, ValueError):
        raise CommandError(f"{name}: there is no such setting, or its value is not JSON.") from None
