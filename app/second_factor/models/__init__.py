"""The tables of this room."""

from app.second_factor.models.authenticator import Authenticator
from app.second_factor.models.passkey import Passkey
from app.second_factor.models.recovery_code import RecoveryCode

__all__ = ["Authenticator", "Passkey", "RecoveryCode"]
