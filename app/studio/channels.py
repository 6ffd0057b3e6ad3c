"""The ways on which a post reaches people, each with what became of it there; those with troubles first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.mail.submission import OPEN, SubmissionState
from app.newsletter.models import Send
from app.social.models import ShareState, SocialPost
from app.social.networks.webhook import Webhook
from app.studio.effect_list import Counted
from owed.models import OVER, State

SITE = frozenset({"feeds", "search", "cache"})
FAILED, RETRIED, UNDER_WAY, FINE = range(4)
CHIPS = {FAILED: "dead", RETRIED: "waiting", UNDER_WAY: "running", FINE: "done"}


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
            RETRIED: _("Being retried"),
            UNDER_WAY: _("Under way"),
            FINE: _("Done"),
        }[self.standing]


def channels(counts: list[Counted], sends: list[tuple[Send, dict[str, Any]]], socials: list[SocialPost]) -> list[Channel]:
    """Return the channels on which something was owed, those with troubles first."""
    sharing = [each for each in counts if each.queue == "social"]
    networks = [each for each in socials if each.account.network != Webhook.name]
    webhooks = [each for each in socials if each.account.network == Webhook.name]
    found = (
        _site([each for each in counts if each.queue in SITE]),
        _mail([each for each in counts if each.queue == "email"], sends),
        _shared(_("Networks"), networks, sharing),
        _shared(_("Webhooks"), webhooks, sharing),
    )
    return sorted((each for each in found if each), key=lambda channel: channel.standing)


def standing(counts: list[Counted]) -> int:
    """Return the worst that is among these effects."""
    if any(each.state == State.DEAD for each in counts):
        return FAILED
    if any(each.is_troubled for each in counts):
        return RETRIED
    return UNDER_WAY if any(each.state not in OVER for each in counts) else FINE


def _site(counts: list[Counted]) -> Channel | None:
    texts = {
        FAILED: _("Pages, feeds or the search may be out of date."),
        RETRIED: _("Pages, feeds or the search are not up to date yet."),
        UNDER_WAY: _("Pages, feeds and the search are being brought up to date."),
        FINE: _("Pages, feeds and the search are up to date."),
    }
    how = standing(counts)
    return Channel(label=_("Site and search"), standing=how, says=texts[how]) if counts else None


def _mail(counts: list[Counted], sends: list[tuple[Send, dict[str, Any]]]) -> Channel | None:
    if not counts:
        return None
    if not sends:
        return Channel(label=_("Email"), standing=standing(counts), says=_("No mailing yet."))
    send, balance = sends[0]
    parts = dict(balance["parts"])
    failed = parts[SubmissionState.FAILED] + parts[SubmissionState.UNKNOWN]
    how = FAILED if failed or (send.paused_for and send.is_paused) else standing(counts)
    if how == FINE and any(parts[state] for state in OPEN):
        how = UNDER_WAY
    return Channel(label=_("Email"), standing=how, says=_copies(balance["sent"], failed), anchor=f"send-{send.round}")


def _copies(sent: int, failed: int) -> str:
    text = ngettext("%(number)s email sent.", "%(number)s emails sent.", sent) % {"number": localize(sent)}
    if not failed:
        return text
    more = ngettext("%(number)s failed or is in doubt.", "%(number)s failed or are in doubt.", failed)
    return f"{text} {more % {'number': localize(failed)}}"


def _shared(label: str, rows: list[SocialPost], counts: list[Counted]) -> Channel | None:
    if not rows:
        return None
    states = Counter(row.state for row in rows)
    is_open = any(each.state not in OVER for each in counts)
    failed = states[ShareState.FAILED] + states[ShareState.UNKNOWN]
    how = (RETRIED if is_open else FAILED) if failed else UNDER_WAY if states[ShareState.PENDING] and is_open else FINE
    there = states[ShareState.SENT]
    says = _("It reached %(there)s of %(number)s.") % {"there": localize(there), "number": localize(len(rows))}
    return Channel(label=label, standing=how, says=says, anchor="social-heading")
