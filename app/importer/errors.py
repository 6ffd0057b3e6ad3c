"""Why an import refuses."""

from django.utils.translation import gettext_lazy

from app.blog.errors import Refused


class NotReady(Refused):
    message = gettext_lazy(
        "This import cannot be started now: it is being worked on, is finished, or its file has been deleted."
    )


class NothingToUndo(Refused):
    message = gettext_lazy("There is nothing to undo: the import is being worked on, or nothing that it brought is left.")
