"""What `manage.py check` says about the networks."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils.text import slugify

from app.social.networks import NETWORKS
from app.social.networks.base import NAME_LENGTH


@register
def networks_have_names(**options: Any) -> list[CheckMessage]:
    """Return an error for each name that does not fit an account's row and the address of its form.

    This and the choices of Account.network stand in for a CHECK constraint, which each new network would have to change.
    """
    wrong = [name for name in NETWORKS if not name or slugify(name) != name or len(name) > NAME_LENGTH]
    return [
        Error(f"{NETWORKS[name].__qualname__} is named {name!r}: use at most {NAME_LENGTH} small letters.", id="social.E001")
        for name in wrong
    ]
