"""What the last check could not prove to be delivered, kept until a check can."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from .models import Unproven

logger = logging.getLogger(__name__)


@transaction.atomic
def keep(found: Mapping[str, str]) -> None:
    """Replace what is unproven by what was found now, by subject, each with its reason. Each is an error in the log."""
    Unproven.objects.exclude(about__in=found).delete()
    rows = [Unproven(about=about, why=why, since=Now()) for about, why in sorted(found.items())]
    Unproven.objects.bulk_create(rows, update_conflicts=True, unique_fields=["about"], update_fields=["why"])
    for about, why in sorted(found.items()):
        logger.error("delivery unproven", extra={"about": about, "why": why})
