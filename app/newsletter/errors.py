"""What this room answers when it cannot do what it was asked."""

from django.utils.translation import gettext_lazy

from app.blog.errors import Refused


class NeverMailed(Refused):
    message = gettext_lazy("This post was not mailed to readers yet.")


class StillMailing(Refused):
    message = gettext_lazy("The last mailing of this post is not over yet.")


class NotTheNext(Refused):
    message = gettext_lazy("Another mailing of this post was asked for meanwhile; look at it before you ask again.")


class NothingWithheld(Refused):
    message = gettext_lazy("Everyone on this mailing's list was mailed, or is being mailed.")


class NotRunning(Refused):
    message = gettext_lazy("This mailing is over or paused already.")


class NotOver(Refused):
    message = gettext_lazy("A mailing is certified once it is over.")


class NotPaused(Refused):
    message = gettext_lazy("This mailing is not paused.")


class StillListing(Refused):
    message = gettext_lazy("The recipient list is still being built. Pause the mailing now, and cancel it in a moment.")


class NothingFailed(Refused):
    message = gettext_lazy("No email of this mailing has failed.")


class NothingToResend(Refused):
    message = gettext_lazy("It is not known to be lost: there is nothing to send again.")


class UnknownAudience(Refused):
    message = gettext_lazy("There is no such audience. Choose one from the list.")


class NoLongerKnown(UnknownAudience):
    message = gettext_lazy("The single deliveries of this post were removed for their age: who did not get it is not known.")


class AlreadySubscribed(Refused):
    message = gettext_lazy("This address is subscribed already.")


class Unsubscribed(Refused):
    message = gettext_lazy("This address unsubscribed. Only its owner can subscribe it again.")


class MailboxGone(Refused):
    message = gettext_lazy("Its own server said that this mailbox does not exist. If it does now, lift that on its page.")


class NotBounced(Refused):
    message = gettext_lazy("This address is not held back for bounces. One who unsubscribed comes back by the Subscribe page.")


class WasErased(Refused):
    message = gettext_lazy("This address was erased. Only its owner can subscribe it again.")


class ListNotReady(Refused):
    message = gettext_lazy(
        "This import cannot be started now: it is being worked on, is finished, or its file has been deleted."
    )


class NoAddressColumn(Refused):
    message = gettext_lazy("Choose one column that has the email address.")
