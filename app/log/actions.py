"""What the log knows, in the words of its page. A new action is one line here and one `note()` where it is done."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """The value is what the rows keep: it never changes. Its first part is what the page filters by."""

    POST_PUBLISHED = "post.published", _("Published a post")
    POST_MAILED = "post.mailed", _("Published a post by email alone")
    POST_SCHEDULED = "post.scheduled", _("Scheduled a post")
    POST_WITHDRAWN = "post.withdrawn", _("Withdrew a post")
    POST_DELETED = "post.deleted", _("Deleted a post")
    POST_SUBMITTED = "post.submitted", _("Submitted a post for review")
    POST_RETURNED = "post.returned", _("Returned a post to its author")
    POST_ASSIGNED = "post.assigned", _("Assigned a post")
    POST_NOTED = "post.noted", _("Wrote a note on a post")
    TEAM_INVITED = "team.invited", _("Invited someone to the team")
    TEAM_REVOKED = "team.revoked", _("Revoked an invitation")
    TEAM_ACCEPTED = "team.accepted", _("Accepted an invitation")
    TEAM_ROLE = "team.role", _("Changed a role")
    TEAM_DEACTIVATED = "team.deactivated", _("Deactivated an account")
    TEAM_REACTIVATED = "team.reactivated", _("Reactivated an account")
    TEAM_TRANSFERRED = "team.transferred", _("Gave someone's posts to another author")
    TEAM_FACTOR_RESET = "team.factor_reset", _("Removed someone's second factor")
    ACCOUNT_FACTOR_ADDED = "account.factor_added", _("Added a second factor to their sign-in")
    ACCOUNT_FACTOR_REMOVED = "account.factor_removed", _("Removed a second factor from their sign-in")
    ACCOUNT_CODES_RENEWED = "account.codes_renewed", _("Made new recovery codes")
    ACCOUNT_LINKED = "account.linked", _("Linked an account at another service to their sign-in")
    ACCOUNT_UNLINKED = "account.unlinked", _("Unlinked the account at another service from their sign-in")
    TOPIC_CREATED = "topic.created", _("Created a category or tag")
    TOPIC_CHANGED = "topic.changed", _("Changed a category or tag")
    TOPIC_MERGED = "topic.merged", _("Merged a category or tag into another")
    TOPIC_DELETED = "topic.deleted", _("Deleted a category or tag")
    MAILING_PAUSED = "mailing.paused", _("Paused a mailing")
    MAILING_RESUMED = "mailing.resumed", _("Resumed a mailing")
    MAILING_CANCELLED = "mailing.cancelled", _("Cancelled a mailing")
    EFFECTS_DISCARDED = "effects.discarded", _("Discarded effects")
    EFFECTS_CANCELLED = "effects.cancelled", _("Cancelled effects")
    SETTINGS_CHANGED = "settings.changed", _("Changed settings")


GROUPS = {
    "post": _("Posts"),
    "team": _("Team"),
    "account": _("Sign-in"),
    "topic": _("Categories and tags"),
    "mailing": _("Mailings"),
    "effects": _("Effects"),
    "settings": _("Settings"),
}
"""The first parts of the actions, as the page's filter names them."""
