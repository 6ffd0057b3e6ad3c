"""`manage.py effects`: the name that `manage.py owed` has in this product."""

from owed.management.commands.owed import Command

__all__ = ["Command"]
