"""Rate limits."""

from app.accounts.rate_limit import TOO_MANY, may_try
from app.api.errors import TooMany


def limit(action: str, who: str, *, per_minute: int) -> None:
    """Count one attempt. Raises TooMany beyond the limit."""
    if not may_try(action, who, per_minute=per_minute):
        raise TooMany(str(TOO_MANY))
