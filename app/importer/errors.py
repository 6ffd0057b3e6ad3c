"""Why an import refuses. Docstrings are the messages."""

from django.utils.translation import gettext_noop

from app.blog.errors import Refused


class NotReady(Refused):
    """This import cannot be started now: it is being worked on, is finished, or its file has been deleted."""


class NothingToUndo(Refused):
    """There is nothing to undo: the import is being worked on, or nothing that it brought is left."""


# makemessages reads literals, not docstrings.
MARKED = frozenset({
    gettext_noop("This import cannot be started now: it is being worked on, is finished, or its file has been deleted."),
    gettext_noop("There is nothing to undo: the import is being worked on, or nothing that it brought is left."),
})  # fmt: skip
