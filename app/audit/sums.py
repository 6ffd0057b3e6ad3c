"""What effects amount to, in words that a person decides by: "616 mails of post 17", "1 planned post to 1,000 readers"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.utils.translation import ngettext

from app.blog import effects as blog
from app.newsletter import effects as newsletter
from app.newsletter.models import Subscriber
from app.notices import effects as notices
from app.social import effects as social
from owed import Declaration, holding
from owed.models import EffectQuerySet


def connect() -> None:
    holding.describe_with(describe)


def describe(found: EffectQuerySet) -> list[str]:
    """Return a line for each sum: what reaches people first, then the rest by name."""
    mails, others = Counter[str](), Counter[str]()
    readers = _readers(after=0)
    for task, about, args in found.order_by().values_list("task", "about", "args").iterator(5000):
        if number := _mails(task, args):
            mails[about] += number
        else:
            others[task] += 1
    return [*(_mails_of(about, number) for about, number in sorted(mails.items())), *_others(others, readers)]


def _mails(task: str, args: dict[str, Any]) -> int:
    """Return how many mails it is: those that it names, or those of the readers whom its page and the next ones reach."""
    if task in newsletter.deliver.names:
        return len(args["delivery_ids"])
    return _readers(after=args["after"]) if task in newsletter.page.names else 0


def _readers(*, after: int) -> int:
    return Subscriber.objects.filter(state=Subscriber.State.CONFIRMED, pk__gt=after).count()


def _mails_of(about: str, number: int) -> str:
    said = ngettext("%(number)s mail of %(about)s", "%(number)s mails of %(about)s", number)
    return said % {"number": f"{number:,}", "about": about.replace(":", " ")}


def _others(tasks: Counter[str], readers: int) -> list[str]:
    lines = []
    for effect, say in REACHING:
        if number := _take(tasks, effect):
            lines.append(say(number) % {"number": f"{number:,}", "readers": f"{readers:,}"})
    return lines + [f"{number:,} {task}" for task, number in sorted(tasks.items())]


def _planned(number: int) -> str:
    return ngettext("%(number)s planned post to %(readers)s readers", "%(number)s planned posts to %(readers)s readers", number)


def _new(number: int) -> str:
    return ngettext("%(number)s new post to %(readers)s readers", "%(number)s new posts to %(readers)s readers", number)


def _shared(number: int) -> str:
    return ngettext("%(number)s post on another network", "%(number)s posts on other networks", number)


def _noticed(number: int) -> str:
    return ngettext("%(number)s notice", "%(number)s notices", number)


REACHING: tuple[tuple[Declaration[Any], Callable[[int], str]], ...] = (
    (blog.publish_scheduled, _planned),
    (newsletter.announce, _new),
    (social.deliver, _shared),
    (notices.notice, _noticed),
)


def _take(tasks: Counter[str], effect: Declaration[Any]) -> int:
    return sum(tasks.pop(name, 0) for name in effect.names)
