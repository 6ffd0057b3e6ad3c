"""Act on effects: one, or all that a filter shows. First how many they are, then a button."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from app.studio.access import WriterRequest, operators
from owed import holding
from owed.acting import VERBS, Decision, ReasonNeeded, Verb
from owed.filters import BadFilter, Filter

EXPLAINED = {
    "retry": gettext_lazy("They are queued again and get new attempts. What they did before is not undone."),
    "run-now": gettext_lazy("They do not wait for their time, or for their next attempt, any longer."),
    "discard": gettext_lazy("They end for good and are not tried again. They stay in the list, with your reason."),
    "cancel": gettext_lazy("They have not begun and never will. They stay in the list, with your reason."),
    "hold": gettext_lazy("They do not run until someone releases them. What has begun is finished."),
    "release": gettext_lazy("They run: at once, or at the time that they were planned for."),
}


@require_http_methods(["GET", "POST"])
@operators
def act(request: WriterRequest) -> HttpResponse:
    """Ask before anything happens; posted, do it to exactly those that were counted, as far as they are as they were."""
    given: QueryDict = request.POST if request.method == "POST" else request.GET
    verb, filter = _asked(given)
    if request.method == "POST":
        try:
            return _done(request, verb, filter, verb.act(filter, _decision(request)))
        except ReasonNeeded:
            messages.error(request, _("Give a reason. It is kept with the effects."))
    filter = filter if filter.as_of else filter.now()
    counted = {"verb": verb, "filter": filter, "number": verb.count(filter), "explained": EXPLAINED[verb.name]}
    counted["sums"] = holding.sums(verb.of(filter))
    return render(request, "studio/effect_actions.html", {**counted, "back": _back(filter)})


def _asked(given: QueryDict) -> tuple[Verb, Filter]:
    try:
        return VERBS[given.get("verb", "")], Filter.asked(given)
    except (KeyError, BadFilter) as bad:
        raise Http404 from bad


def _decision(request: HttpRequest) -> Decision:
    return Decision(by=request.user.get_username(), reason=request.POST.get("reason", ""))


def _done(request: HttpRequest, verb: Verb, filter: Filter, number: int) -> HttpResponse:
    said = ngettext("%(verb)s: %(number)d effect.", "%(verb)s: %(number)d effects.", number)
    messages.success(request, said % {"verb": verb.label, "number": number})
    return redirect(_back(filter))


def _back(filter: Filter) -> str:
    """Return the page that shows what was acted on: one effect's own, or the list with the same filter."""
    if filter.id:
        return reverse("studio:effect", args=[filter.id])
    asked = QueryDict(mutable=True)
    asked.update({name: value for name, value in filter.asks().items() if name != "as_of"})
    return f"{reverse('studio:effects')}?{asked.urlencode()}"
