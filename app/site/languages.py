"""Languages: those of the publication, and those that the interface is translated into."""

from __future__ import annotations

from django.conf import global_settings, settings
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

Choice = tuple[str, str]


def validate_language(code: str) -> None:
    """Raise ValidationError for a language that Django does not know."""
    if code not in dict(global_settings.LANGUAGES):
        text = _("“%(code)s” is not a language that the site speaks. Use a code such as en, de or pt-br.")
        raise ValidationError(text % {"code": code[:35]})


def translated() -> list[Choice]:
    """Return the languages of the interface, each with its own name for itself."""
    return [(code, _own_name(code, name)) for code, name in settings.LANGUAGES]


def choices() -> list[tuple[str, list[Choice]]]:
    """Return the languages that a publication may have, in two groups."""
    known = dict(settings.LANGUAGES)
    others = [(code, _own_name(code, str(name))) for code, name in global_settings.LANGUAGES if code not in known]
    return [(_("With every text"), translated()), (_("With dates and numbers; buttons in English"), others)]


def _own_name(code: str, name: str) -> str:
    return capfirst(str(LANG_INFO.get(code, {}).get("name_local", name)))
