"""Style sheets that an editor writes: refused where the site's policy would keep a browser from loading what they name."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
IMPORT = re.compile(r"@import\b", re.IGNORECASE)
FACE = re.compile(r"@font-face\s*\{([^}]*)\}", re.IGNORECASE)
URL = re.compile(r"""url\(\s*(["']?)\s*([^"')\s]*)""", re.IGNORECASE)
OTHER_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


def validate_css(css: str) -> None:
    """Raise ValidationError for what a browser would not load, and for braces that do not match."""
    rules = COMMENT.sub(" ", css)
    if "\\" in css:
        raise ValidationError(_("Write characters as they are: backslashes are not accepted."))
    if "<" in css:
        raise ValidationError(_("Write CSS alone, without HTML such as <style>."))
    if IMPORT.search(rules):
        raise ValidationError(_("@import is blocked by the site's security policy. Paste the rules here."))
    for face in FACE.findall(rules):
        if any(OTHER_HOST.match(address) or address.startswith("data:") for _quote, address in URL.findall(face)):
            raise ValidationError(_("Fonts of other hosts are blocked by the site's security policy. Use fonts of this site."))
    for _quote, address in URL.findall(rules):
        if address.lower().startswith(("http:", "javascript:")):
            raise ValidationError(_("“%(address)s” would be blocked. Use an https:// address.") % {"address": address[:100]})
    if rules.count("{") != rules.count("}"):
        raise ValidationError(_("The braces { and } do not match."))
