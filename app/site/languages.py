"""Languages in which the site may speak to its readers."""

from __future__ import annotations

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def validate_language(code: str) -> None:
    """Raise ValidationError for a language that Django does not know."""
    if code not in dict(settings.LANGUAGES):
        text = _("“%(code)s” is not a language that the site speaks. Use a code such as en, de or pt-br.")
        raise ValidationError(text % {"code": code[:35]})


def choices() -> list[tuple[str, str]]:
    """Return each code with the language's own name for itself."""
    return [(code, str(LANG_INFO.get(code, {}).get("name_local", name)).capitalize()) for code, name in settings.LANGUAGES]
