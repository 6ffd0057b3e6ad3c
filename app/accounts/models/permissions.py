"""The one place that says who may do what (docs/reference/permissions.md)."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    READER = "reader", _("Reader")
    CONTRIBUTOR = "contributor", _("Contributor")
    AUTHOR = "author", _("Author")
    EDITOR = "editor", _("Editor")


class TeamRole(models.TextChoices):
    """The roles that the team page gives. Reader takes someone out of the team."""

    READER = "reader", _("Reader")
    CONTRIBUTOR = "contributor", _("Contributor")
    AUTHOR = "author", _("Author")
    EDITOR = "editor", _("Editor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Authored(Protocol):
    """All that a permission needs to know of a post; accounts is below blog."""

    author_id: int
    status: str


class Uploaded(Protocol):
    """All that a permission needs to know of a picture."""

    @property
    def owner_ids(self) -> set[int]: ...


class Permissions(AbstractUser):
    """What a user may do, by role, by flags and by authorship."""

    role = models.CharField(max_length=11, choices=Role, default=Role.READER)

    class Meta:
        abstract = True

    @property
    def edits_everything(self) -> bool:
        """Return whether the user may see, change and publish the posts of others."""
        return self.is_active and (self.role == Role.EDITOR or self.is_superuser)

    @property
    def is_operator(self) -> bool:
        """Return whether the user sees how the whole site runs: every effect and mailing, the audit, the mailbox."""
        return self.edits_everything or (self.is_active and self.is_staff)

    @property
    def sees_operations(self) -> bool:
        """Return whether the user sees queues, workers, schedules and effects. Only operators act on them.

        Django's permission owed.view_effect lets others look, such as someone on call.
        """
        return self.is_operator or self.has_perm("owed.view_effect")

    @property
    def moderates(self) -> bool:
        """Return whether there are comments that the user may judge. A contributor's posts are for editors to moderate."""
        return self.edits_everything or (self.is_active and self.role == Role.AUTHOR)

    def can_write(self) -> bool:
        """Return whether the user may write posts."""
        return self.edits_everything or (self.is_active and self.role != Role.READER)

    def can_import(self) -> bool:
        """Return whether the user may bring in posts from another system, in the names of their authors, and take them back."""
        return self.edits_everything

    def can_export(self) -> bool:
        """Return whether the user may take everything away in one file: drafts of others and addresses of readers are in it."""
        return self.edits_everything

    def can_manage_subscribers(self) -> bool:
        """Return whether the user may see who reads by mail, add, import, export and erase them.

        Addresses are the whole publication's, so an author of one post has no business in them; nor have staff who only keep
        the site running: what they need is counted without an address.
        """
        return self.edits_everything

    @property
    def is_administrator(self) -> bool:
        """Return whether the user decides about everyone, editors included."""
        return self.is_active and self.is_superuser

    @property
    def team_role(self) -> str:
        """Return the role as the team page names it: administrators are editors who decide about everyone."""
        return TeamRole.ADMINISTRATOR if self.is_superuser else self.role

    @property
    def team_role_label(self) -> str:
        return str(TeamRole(self.team_role).label)

    def can_manage_team(self) -> bool:
        """Return whether the user may invite writers and see who is on the team. Staff who only run the site may not."""
        return self.edits_everything

    def can_grant(self, role: str) -> bool:
        """Return whether the user may give this role of the team: an editor gives none as high as their own."""
        return self.is_administrator or (self.can_manage_team() and role not in {Role.EDITOR, TeamRole.ADMINISTRATOR})

    def can_manage(self, member: Permissions) -> bool:
        """Return whether the user may change the member's role, deactivate them and move their posts. Not one's own."""
        if self.pk == member.pk or not self.can_manage_team():
            return False
        return self.is_administrator or not (member.is_staff or member.is_superuser or member.role == Role.EDITOR)

    def can_manage_topics(self) -> bool:
        """Return whether the user may rename, merge and delete categories and tags, which every post shares."""
        return self.edits_everything

    @property
    def needs_second_factor(self) -> bool:
        """Return whether the publication asks the user for more than a password (SECOND_FACTOR_FOR)."""
        asked: dict[str, bool] = {
            "administrators": self.is_staff or self.is_superuser,
            "editors": self.is_operator,
            "team": self.can_enter_studio(),
        }
        return self.is_active and asked.get(settings.SECOND_FACTOR_FOR, False)

    def can_reset_second_factor(self, member: Permissions) -> bool:
        """Return whether the user may let the member, who lost theirs, sign in with the password alone. Not one's own."""
        return self.is_administrator and self.pk != member.pk

    def can_see_log(self) -> bool:
        """Return whether the user may read who did what."""
        return self.is_operator

    def can_manage_site(self) -> bool:
        """Return whether the user may change the publication's name, looks, navigation, rules and redirects."""
        return self.edits_everything

    def can_add_code(self) -> bool:
        """Return whether the user may put scripts into readers' pages.

        A script acts with the rights of the person who opens the page: an editor's could act as a superuser.
        """
        return self.is_active and self.is_superuser

    def can_enter_studio(self) -> bool:
        return self.can_write() or self.sees_operations

    def can_see(self, post: Authored) -> bool:
        """Return whether the user may read the post. Staff who do not edit have no business in drafts."""
        return post.status == "published" or self.edits_everything or self._wrote(post)

    def can_edit(self, post: Authored) -> bool:
        """Return whether the user may change the post. A contributor may until it is public."""
        if self.edits_everything:
            return True
        is_open = self.role == Role.AUTHOR or post.status != "published"
        return self.can_write() and is_open and self._wrote(post)

    def can_discuss(self, post: Authored) -> bool:
        """Return whether the user may read and write the team's notes on the post."""
        return self.edits_everything or (self.can_write() and self._wrote(post))

    def can_publish(self, post: Authored) -> bool:
        """Return whether the user may make the post public, withdraw it or mail it."""
        return self.edits_everything or (self.role == Role.AUTHOR and self._wrote(post))

    def can_moderate(self, post: Authored) -> bool:
        """Return whether the user may judge the comments on the post."""
        return self.edits_everything or (self.moderates and self._wrote(post))

    def can_watch(self, post: Authored) -> bool:
        """Return whether the user may see what followed from the post, and retry what failed."""
        return self.is_operator or (self.can_write() and self._wrote(post))

    def can_see_statistics(self, post: Authored | None = None) -> bool:
        """Return whether the user may see the numbers of the post, or of the whole site where none is given."""
        return self.edits_everything or (post is not None and self.can_write() and self._wrote(post))

    def can_delete_picture(self, picture: Uploaded) -> bool:
        """Return whether the user may look where the picture is used, and delete it."""
        return self.edits_everything or (self.can_write() and self.pk in picture.owner_ids)

    def _wrote(self, post: Authored) -> bool:
        return self.is_active and post.author_id == self.pk
