"""The tables of this room."""

from app.accounts.models.profile import Profile, create_user_profile
from app.accounts.models.token import ApiToken
from app.accounts.models.user import Authored, PasswordReplaced, RegisteredVia, Role, User

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
