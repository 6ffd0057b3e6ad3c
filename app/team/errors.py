"""Why a verb of this room refuses."""

from django.utils.translation import gettext_lazy as _

from app.blog.errors import Refused


class OnTheTeam(Refused):
    message = _("Someone with this address is on the team already.")


class InvitedTooOften(Refused):
    message = _("This address was invited three times today. Try again tomorrow.")


class InvitationClosed(Refused):
    message = _("This invitation was accepted or revoked, or has expired.")


class LastOne(Refused):
    message = _("This is the last administrator. Make someone else one first.")


class NotDeactivated(Refused):
    message = _("This account is not deactivated.")


class NotActive(Refused):
    message = _("This account is not active.")


class ChangedMeanwhile(Refused):
    message = _("Someone else changed this role meanwhile. Look at it again.")


class NoWriter(Refused):
    message = _("Choose someone else on the team who may write.")


class NoPosts(Refused):
    message = _("There are no posts to give away.")


class IsPublic(Refused):
    message = _("The post is published already.")


class NotSubmitted(Refused):
    message = _("The post does not wait for review.")


class NoEditor(Refused):
    message = _("Choose an editor, or the post's author.")


class NameTaken(Refused):
    message = _("Another one has this name. You can merge the two.")


class SlugTaken(Refused):
    message = _("Another one has this web address.")


class NoTarget(Refused):
    message = _("Choose another one of the same kind to merge into.")


class TopicGone(Refused):
    message = _("It was deleted meanwhile.")
