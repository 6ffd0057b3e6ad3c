"""The tables of this room."""

from app.accounts.models.permissions import Authored, Role
from app.accounts.models.profile import Profile, create_user_profile
from app.accounts.models.token import ApiToken
from app.accounts.models.user import PasswordReplaced, RegisteredVia, User

__all__ = [
    "ApiToken",
    "Authored",
    "PasswordReplaced",
    "Profile",
    "RegisteredVia",
    "Role",
    "User",
    "create_user_profile",
]
