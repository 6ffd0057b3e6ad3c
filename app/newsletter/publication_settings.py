"""All that is set about the publication, by name, for programs and the command line: how it looks and how it mails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from app.blog.models import Media
from app.newsletter.models import MailingSettings
from app.site import current
from app.site.models import SiteSettings

OF_MAIL = ("sender_name", "reply_to", "postal_address")
PICTURES = ("logo", "favicon")


def values() -> dict[str, Any]:
    """Return each setting as readers see it: the operator's variables applied, pictures by the number of their medium."""
    here, mail = current.site(), MailingSettings.now()
    found = {name: getattr(here, name) for name in current.FIELDS} | {name: getattr(mail, name) for name in OF_MAIL}
    files = {each.file.name: each.pk for each in Media.objects.kept().filter(file__in=[here.logo, here.favicon])}
    return {**found, **{name: files.get(found[name]) for name in PICTURES}}


@transaction.atomic
def change(given: Mapping[str, Any]) -> set[str]:
    """Store what is given, and return the names of what has another value now.

    Raises ValidationError by field, SetByOperator.
    """
    wanted = {**given, **{name: _file(name, given[name]) for name in PICTURES if name in given}}
    of_mail = {name: wanted.pop(name) for name in OF_MAIL if name in wanted}
    return current.change(**wanted) | _change_mail(of_mail)


def kind_of(name: str) -> str:
    """Return the kind of field: `JSONField`, `BooleanField` and so on. Raises FieldDoesNotExist."""
    model = MailingSettings if name in OF_MAIL else SiteSettings
    return model._meta.get_field(name).get_internal_type()


def _change_mail(given: dict[str, Any]) -> set[str]:
    mail = MailingSettings.now()
    changed = {name for name, value in given.items() if getattr(mail, name) != value}
    for name in changed:
        setattr(mail, name, given[name])
    if changed:
        mail.full_clean()
        mail.save()
    return changed


def _file(name: str, pk: int | None) -> str:
    if pk is None:
        return ""
    media = Media.objects.kept().filter(pk=pk).first()
    if media is None:
        raise ValidationError({name: _("There is no such picture in the library.")})
    return str(media.file.name)
