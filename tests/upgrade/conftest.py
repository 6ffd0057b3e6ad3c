"""Databases of their own for the upgrade."""

from tests.upgrade.installation import new_database, upgrade

__all__ = ["new_database", "upgrade"]
