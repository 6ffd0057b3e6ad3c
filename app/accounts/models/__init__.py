"""The tables of this room."""

from app.accounts.models.permissions import Authored, Role, TeamRole
from app.accounts.models.profile import Profile, create_user_profile
from app.accounts.models.token import ApiToken
from app.accounts.models.user import LastAdministrator, PasswordReplaced, RegisteredVia, User

__all__ = [
    "ApiToken",
    "Authored",
    "LastAdministrator",
    "PasswordReplaced",
    "Profile",
    "RegisteredVia",
    "Role",
    "TeamRole",
    "User",
    "create_user_profile",
]
