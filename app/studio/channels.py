"""The ways on which a post reaches people, each with what became of it there; those with troubles first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.mail.submission import OPEN
from app.newsletter import effects as newsletter
from app.newsletter.models import Send
from app.social.models import ShareState
from app.social.networks.webhook import Webhook
from app.studio.effect_list import Counted
from app.studio.shares import standing_of
from app.studio.standings import CHIPS, FAILED, FINE, PAUSED, TRIED_AGAIN, UNDER_WAY
from owed.models import OVER, State

SITE = frozenset({"feeds", "search", "cache"})
MAILING = frozenset({*newsletter.announce.names, *newsletter.page.names, *newsletter.deliver.names})
"""Effects that mail the post. Notices about it, such as of a comment, are in the same queue."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way: how it is there, in words, and the part of the page that says more."""

    label: str
    standing: int
    says: str
    anchor: str = "effects-heading"

    @property
    def chip(self) -> str:
        return CHIPS[self.standing]

    @property
    def chip_label(self) -> str:
        return {
            FAILED: _("Needs a look"),
            PAUSED: _("Paused"),
            TRIED_AGAIN: _("Being retried"),
            UNDER_WAY: _("Under way"),
            FINE: _("Done"),
        }[self.standing]


def channels(
    counts: list[Counted],
    sends: list[tuple[Send, dict[str, Any]]],
    shares: list[Any],
    undecided: Counter[int],
    *,
    is_unmailed: bool,
) -> list[Channel]:
    """Return the channels on which something was owed, those with troubles first.

    `undecided`: how many emails of each mailing, by its number, failed or are in doubt, and need a decision.
    `is_unmailed`: it was published without email.
    """
    networks = [each for each in shares if each.account.network != Webhook.name]
    webhooks = [each for each in shares if each.account.network == Webhook.name]
    found = (
        _site([each for each in counts if each.queue in SITE]),
        _mail([each for each in counts if each.task in MAILING], sends, undecided, is_unmailed=is_unmailed),
        _shared(_("Networks"), networks),
        _shared(_("Webhooks"), webhooks),
    )
    return sorted((each for each in found if each), key=lambda channel: channel.standing)


def standing(counts: list[Counted]) -> int:
    """Return the worst that is among these effects."""
    if any(each.state == State.DEAD for each in counts):
        return FAILED
    if any(each.is_troubled for each in counts):
        return TRIED_AGAIN
    return UNDER_WAY if any(each.state not in OVER for each in counts) else FINE


def _site(counts: list[Counted]) -> Channel | None:
    texts = {
        FAILED: _("Pages, feeds or the search may be out of date."),
        TRIED_AGAIN: _("Pages, feeds or the search are not up to date yet."),
        UNDER_WAY: _("Pages, feeds and the search are being brought up to date."),
        FINE: _("Pages, feeds and the search are up to date."),
    }
    how = standing(counts)
    return Channel(label=_("Site and search"), standing=how, says=texts[how]) if counts else None


def _mail(
    counts: list[Counted], sends: list[tuple[Send, dict[str, Any]]], undecided: Counter[int], *, is_unmailed: bool
) -> Channel | None:
    if not sends:
        how = standing(counts) if counts else FINE
        # Without a mailing, the effect that finds there is none says nothing new.
        says_nothing = how == FINE or (is_unmailed and how == UNDER_WAY)
        return None if says_nothing else Channel(label=_("Email"), standing=how, says=_("No mailing yet."))
    send, balance = sends[0]
    how = min(standing(counts), *(_mailed(*each, failed=undecided[each[0].round]) for each in sends))
    anchor = max(undecided, default=send.round)
    return Channel(label=_("Email"), standing=how, says=_copies(balance["sent"], undecided.total()), anchor=f"send-{anchor}")


def _mailed(send: Send, balance: dict[str, Any], *, failed: int) -> int:
    """Return how a mailing is, by its copies: their effects may be over, as in a pause, or removed for their age."""
    if failed or (send.is_paused and send.paused_for):
        return FAILED
    if send.is_paused:
        return PAUSED
    parts = dict(balance["parts"])
    return UNDER_WAY if any(parts[state] for state in OPEN) else FINE


def _copies(sent: int, failed: int) -> str:
    text = ngettext("%(number)s email sent.", "%(number)s emails sent.", sent) % {"number": localize(sent)}
    if not failed:
        return text
    more = ngettext("%(number)s failed or is in doubt.", "%(number)s failed or are in doubt.", failed)
    return f"{text} {more % {'number': localize(failed)}}"


def _shared(label: str, shares: list[Any]) -> Channel | None:
    if not shares:
        return None
    how, states = min(map(standing_of, shares)), Counter(share.state for share in shares)
    return Channel(label=label, standing=how, says=_reached(states), anchor="social-heading")


def _reached(states: Counter[str]) -> str:
    withdrawn = states[ShareState.WITHDRAWN]
    number, said = states.total() - withdrawn, []
    if number:
        numbers = {"there": localize(states[ShareState.SENT]), "number": localize(number)}
        said.append(_("It reached %(there)s of %(number)s.") % numbers)
    if withdrawn:
        text = ngettext("Withdrawn from %(number)s.", "Withdrawn from %(number)s.", withdrawn)
        said.append(text % {"number": localize(withdrawn)})
    return " ".join(said)
