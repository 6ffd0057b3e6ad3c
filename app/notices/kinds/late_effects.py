"""Work that no worker begins in time, for those who operate the site: said once, and again only after it was well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from app.accounts.models import User
from app.mail.priority import AWAITED
from app.mail.rendering import link
from app.notices.kinds.base import Kind, register
from app.notices.kinds.failed_effects import KEY, NO_OPERATOR, TROUBLES
from app.notices.models import Alarm, Notice
from app.notices.pages import CONTROL_ROOM
from owed.models import Effect


@register
class LateEffectsNotice(Kind):
    name = "late-effects"
    template = "notices/mail/late_effects"
    preference = TROUBLES
    priority = AWAITED

    def subject(self, notice: Notice, number: int) -> str:
        return _("Effects are late")

    def links(self, notice: Notice) -> dict[str, Any]:
        minutes = int(settings.EFFECTS_LATE_AFTER.total_seconds() // 60)
        at = datetime.strptime(notice.subject_key, KEY).replace(tzinfo=UTC)
        return {"at": at, "minutes": minutes, "effects_url": link(CONTROL_ROOM.url())}

    def obsolete(self, notice: Notice) -> str:
        if not notice.recipient.is_operator:
            return NO_OPERATOR
        return "" if Alarm.objects.filter(name=self.name).exists() else "caught up before it was sent"


@transaction.atomic
def report_lateness(now: datetime) -> int:
    """Notify the operators where new work waits for longer than the limit, and no worker began anything of its queue since.

    A queue that workers go through is not late, however long it is: the control room shows that. It is well again when this
    holds for half of the limit as well: an age that swings around the limit is said once. This runs in `upkeep` itself, and
    cannot tell when that queue is stuck; `/readyz` and the control room can.
    """
    limit = settings.EFFECTS_LATE_AFTER.total_seconds()
    if not Effect.objects.untaken(limit / 2):
        Alarm.objects.end(LateEffectsNotice.name)
        return 0
    if not Effect.objects.untaken(limit) or not Alarm.objects.raise_once(LateEffectsNotice.name, now):
        return 0
    key = f"{now:{KEY}}"
    owed = [Notice.objects.owe(user, LateEffectsNotice, key) for user in User.objects.operators().order_by("pk")]
    return len([each for each in owed if each])
