"""While a host is left alone, all that is owed there waits, so that nothing for other hosts queues behind it."""

from __future__ import annotations

from django.db.models import CharField
from django.db.models.functions import Cast

from app.outbound import breaker
from app.social import effects
from app.social.models import Account, SocialPost
from owed import Later
from owed.models import Effect, State
from owed.retry import put_off

WHY = "the other side does not answer, and is left alone for a while"
LIMIT = 20_000


def heed_rest(host: str) -> None:
    """Go on where the host may be asked. Raises Later while it rests; one in a while lets the others wait as well."""
    resting = breaker.rest(host)
    if resting is None:
        return
    if breaker.puts_off_others(host):
        ids = _ready_for(host)
        put_off(ids, breaker.wait(host, len(ids)), WHY)
    raise Later(resting, WHY)


def _ready_for(host: str) -> list[int]:
    """Return the deliveries to the host that have not begun."""
    accounts = [account.pk for account in Account.objects.only("network", "endpoint") if account.host == host]
    posts = SocialPost.objects.filter(account__in=accounts).annotate(subject=Cast("pk", CharField())).values("subject")
    ready = Effect.objects.of(effects.deliver).pending().filter(state=State.READY, key__in=posts)
    return list(ready.values_list("pk", flat=True)[:LIMIT])
