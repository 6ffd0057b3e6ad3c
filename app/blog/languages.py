"""The language of a post, as a tag of BCP 47: `de`, `pt-BR`, `zh-Hant`. Empty where it is the site's."""

from __future__ import annotations

import re

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from app.site.current import site

TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
LIMIT = 35
RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}


def canonical(tag: str) -> str:
    """Return the tag as it is usually written. Raises ValidationError for what is not one."""
    tag = tag.strip().replace("_", "-")
    if not tag:
        return ""
    if not TAG.fullmatch(tag) or len(tag) > LIMIT:
        raise ValidationError(
            {"language": _("“%(tag)s” is not a language. Use a code such as en, de or pt-BR.") % {"tag": tag[:35]}}
        )
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(_part(each) for each in rest)])


def found(text: str) -> str:
    """Return the tag in what another system says of a post, empty where it says none: `en_US.UTF-8` is en-US."""
    try:
        return canonical(text.partition(".")[0])
    except ValidationError:
        return ""


def of(tag: str) -> str:
    """Return the tag, or the site's where it is empty."""
    return tag or canonical(site().language)


def direction(tag: str) -> str:
    return "rtl" if of(tag).partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def suggestions() -> list[tuple[str, str]]:
    """Return codes and each language's own name for itself."""
    named = ((code, info["name_local"]) for code, info in LANG_INFO.items() if "name_local" in info)
    return sorted((canonical(code), name) for code, name in named)


def _part(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()
