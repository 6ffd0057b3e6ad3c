"""The user model: signing up, the address, the password, leaving. What users may do is in permissions.py."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import UserManager
from django.contrib.auth.password_validation import password_changed, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from app.accounts import effects
from app.accounts.models.permissions import Permissions, Role, TeamRole
from app.accounts.models.profile import create_user_profile, create_user_profiles
from app.accounts.signals import address_confirmed, password_renewed, user_registered
from app.mail.forms import validate_address
from app.site import limits
from owed import owe


class LastAdministrator(Exception):
    """Without this one, no administrator would be left."""


class PasswordReplaced(Exception):
    """The password was changed meanwhile, or the account is closed."""


class RegisteredVia(models.TextChoices):
    SITE = "site"
    API = "api"
    ADMIN = "admin"
    COMMAND = "command"
    IMPORT = "import"


class Users(UserManager["User"]):
    def editors(self) -> models.QuerySet[User]:
        """Return those for whom `edits_everything` is true."""
        return self.filter(Q(role=Role.EDITOR) | Q(is_superuser=True), is_active=True)

    def operators(self) -> models.QuerySet[User]:
        """Return those for whom `is_operator` is true."""
        return self.filter(Q(role=Role.EDITOR) | Q(is_superuser=True) | Q(is_staff=True), is_active=True)

    def team(self) -> models.QuerySet[User]:
        """Return all who write, edit or run the site, and those of them who were deactivated."""
        return self.filter(~Q(role=Role.READER) | Q(is_superuser=True) | Q(is_staff=True)).filter(
            Q(is_active=True) | Q(deactivated_at__isnull=False)
        )

    def shown(self) -> models.QuerySet[User]:
        """Return those whose page readers may see: of one who was deactivated too, as the posts stay."""
        return self.filter(Q(is_active=True) | Q(deactivated_at__isnull=False))

    def writers(self) -> models.QuerySet[User]:
        """Return those for whom `can_write()` is true."""
        return self.filter(~Q(role=Role.READER) | Q(is_superuser=True), is_active=True)

    def leave_an_administrator(self, without: set[int]) -> None:
        """Raise LastAdministrator where these are all that there are. They are locked: two who demote each other take turns."""
        all_of_them = self.filter(is_active=True, is_superuser=True).order_by("pk").select_for_update(no_key=True)
        ids = set(all_of_them.values_list("pk", flat=True))
        if ids and ids <= without:
            raise LastAdministrator

    @transaction.atomic
    def register(self, username: str, email: str, password: str, **fields: Any) -> User:
        """Sign a person up. Raises ValidationError, by field."""
        fields.setdefault("registered_via", RegisteredVia.SITE)
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        _validate_password(password, user)
        user.set_password(password)
        return self._insert(user)

    @transaction.atomic
    def register_without_password(self, username: str, email: str, **fields: Any) -> User:
        """Make an account that another service signs in. Raises ValidationError, by field."""
        fields.setdefault("registered_via", RegisteredVia.SITE)
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_unusable_password()
        return self._insert(user)

    def _insert(self, user: User) -> User:
        _validate_address(user.email)
        # Django's own check of the address refuses what is not ASCII before the @.
        user.clean_fields(exclude={"email"})
        user.clean()
        user.validate_unique()
        user.validate_constraints()
        user.save(force_insert=True)
        return user

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **fields: Any,
    ) -> User:
        fields.setdefault("role", Role.EDITOR)
        fields.setdefault("registered_via", RegisteredVia.COMMAND)
        return super().create_superuser(username, email, password, **fields)

    @transaction.atomic
    def bulk_create(self, objs: Iterable[User], *args: Any, **options: Any) -> list[User]:
        """Insert many, each with a profile and an announcement, as save() would."""
        if options.get("ignore_conflicts") or options.get("update_conflicts"):
            raise ValueError("users cannot be inserted on conflict: it would be unknown which of them are new")
        users = super().bulk_create(objs, *args, **options)
        create_user_profiles(users)
        for user in users:
            user_registered.send(sender=User, user=user)
        return users


def _validate_address(email: str) -> None:
    """Raise ValidationError, by field."""
    try:
        validate_address(email)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error


class User(Permissions):
    """A person with an account. Whatever makes one, a profile comes with it, in one transaction."""

    registered_via = models.CharField(max_length=7, choices=RegisteredVia, default=RegisteredVia.ADMIN)
    email_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the team closed the account. Empty where it is open, or where its owner closed it."""
    session_mark = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    """Part of what each session carries: another one ends all that there are."""
    language = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False)
    """Of the studio and of emails to this person, such as pt-br; empty: the site's."""

    _password: str | None

    objects: ClassVar[Users] = Users()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_once",
                violation_error_message=_("This name is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                condition=~Q(email=""),
                violation_error_message=_("An account with this address exists."),
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=Q(registered_via__in=RegisteredVia.values),
                name="user_registered_via_known",
            ),
        ]

    @transaction.atomic
    def save(self, *args: Any, **options: Any) -> None:
        """Write the user, with a profile and an announcement when new.

        A new password revokes the tokens and notifies the owner, also when an operator sets it.
        """
        is_new, is_renewed = self._state.adding, self._has_new_password(options.get("update_fields"))
        super().save(*args, **options)
        if is_new:
            create_user_profile(self)
            user_registered.send(sender=User, user=self)
        if is_renewed:
            self._announce_new_password()

    def clean(self) -> None:
        """Refuse a username of dots alone: browsers take `/authors/../` for another address."""
        super().clean()
        if not self.username.strip(".") or not limits.shows(self.username):
            raise ValidationError({"username": _("Use at least one letter, digit, @, +, - or _.")})

    def _has_new_password(self, fields: Collection[str] | None) -> bool:
        """Return whether a save replaces the password. A stronger hash of the same one does not.

        For that one, Django forgets the raw password and saves this field alone (AbstractBaseUser.check_password).
        """
        if self._state.adding or "password" in self.get_deferred_fields() or (fields is not None and "password" not in fields):
            return False
        if self._password is None and fields and set(fields) == {"password"} and self.has_usable_password():
            return False
        return User.objects.filter(pk=self.pk).exclude(password=self.password).exists()

    def _announce_new_password(self) -> None:
        self.revoke_tokens()
        password_renewed.send(sender=User, user=self)

    def speak(self, language: str) -> None:
        """Choose the language of the studio and of emails to this person; empty: the site's."""
        User.objects.filter(pk=self.pk).update(language=language)
        self.language = language

    @property
    def has_unconfirmed_address(self) -> bool:
        """Return whether the address may be a stranger's: typed in on the site, never confirmed. Operators vouch for theirs."""
        return bool(self.email) and self.registered_via == RegisteredVia.SITE and self.email_confirmed_at is None

    @transaction.atomic
    def confirm_address(self, email: str) -> bool:
        """Record that the person reads mail at this address. Return whether that is new. Safe to do twice."""
        mine = User.objects.filter(pk=self.pk, email=email, is_active=True, email_confirmed_at=None)
        if not email or not mine.update(email_confirmed_at=Now()):
            return False
        self.refresh_from_db(fields=["email_confirmed_at"])
        address_confirmed.send(sender=User, user=self)
        return True

    @transaction.atomic
    def move_address(self, email: str) -> bool:
        """Change to an address at which the person reads mail. Return false if it is taken, or the account has changed."""
        is_first = self.email_confirmed_at is None
        mine = User.objects.filter(pk=self.pk, email=self.email, password=self.password, is_active=True)
        try:
            with transaction.atomic():
                is_moved = mine.update(email=email, email_confirmed_at=Now())
        except IntegrityError:
            return False
        if is_moved:
            self.refresh_from_db(fields=["email", "email_confirmed_at"])
            if is_first:
                address_confirmed.send(sender=User, user=self)
        return bool(is_moved)

    @transaction.atomic
    def renew_password(self, password: str) -> None:
        """Replace the password, end what was signed in with the old one, and notify the owner. Raises PasswordReplaced.

        Sessions end by themselves: each carries a digest of the password. Tokens, which a password can get, are revoked.
        """
        renewed = make_password(password)
        if not User.objects.filter(pk=self.pk, password=self.password, is_active=True).update(password=renewed):
            raise PasswordReplaced
        self.password = renewed
        password_changed(password, self)
        self._announce_new_password()

    def get_session_auth_hash(self) -> str:
        return self._marked(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        yield from map(self._marked, super().get_session_auth_fallback_hash())

    def _marked(self, digest: str) -> str:
        """Without a mark it is Django's own, so that an upgrade signs no one out."""
        return sha256(f"{digest}{self.session_mark}".encode()).hexdigest() if self.session_mark else digest

    def revoke_tokens(self) -> None:
        """Revoke every API token."""
        self.api_tokens.filter(revoked_at=None).update(revoked_at=Now())

    def end_sessions(self) -> None:
        """End every session. One that is to go on is given the new mark by `update_session_auth_hash`."""
        self.session_mark = secrets.token_hex(16)
        User.objects.filter(pk=self.pk).update(session_mark=self.session_mark)

    @transaction.atomic
    def deactivate(self) -> bool:
        """Close the account for now, with its sessions and tokens, and erase nothing. Return whether it was open.

        Raises LastAdministrator.
        """
        self.leave_an_administrator()
        mine = User.objects.filter(pk=self.pk, is_active=True)
        if not mine.update(is_active=False, deactivated_at=Now(), session_mark=secrets.token_hex(16)):
            return False
        self.revoke_tokens()
        self.refresh_from_db(fields=["is_active", "deactivated_at", "session_mark"])
        return True

    def reactivate(self) -> bool:
        """Open an account that was deactivated. Return whether it was. What ended with it, stays ended."""
        mine = User.objects.filter(pk=self.pk, is_active=False, deactivated_at__isnull=False)
        if not mine.update(is_active=True, deactivated_at=None):
            return False
        self.is_active, self.deactivated_at = True, None
        return True

    @transaction.atomic
    def change_team_role(self, role: str) -> bool:
        """Give another role of the team. Return whether it is another. Raises LastAdministrator."""
        is_administrator = role == TeamRole.ADMINISTRATOR
        if not is_administrator:
            self.leave_an_administrator()
        wanted = {"role": Role.EDITOR if is_administrator else role, "is_superuser": is_administrator}
        # Who was let into Django's admin only as an administrator, leaves it with that role.
        is_staff = is_administrator or (self.is_staff and not self.is_superuser)
        mine = User.objects.filter(pk=self.pk, role=self.role, is_superuser=self.is_superuser)
        if self.team_role == role or not mine.update(**wanted, is_staff=is_staff):
            return False
        self.refresh_from_db(fields=["role", "is_superuser", "is_staff"])
        return True

    def leave_an_administrator(self) -> None:
        """Raise LastAdministrator where this is the only one."""
        if self.is_superuser:
            User.objects.leave_an_administrator({self.pk})

    @transaction.atomic
    def leave(self) -> bool:
        """Close the account now, and owe the erasure of all that is in it. Return whether it was open until now.

        Raises LastAdministrator.
        """
        self.leave_an_administrator()
        if not User.objects.filter(pk=self.pk, is_active=True).update(is_active=False):
            return False
        self.is_active = False
        owe(effects.erase_user.si(user_id=self.pk), about=self)
        return True
