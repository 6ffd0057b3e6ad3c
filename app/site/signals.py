"""What the settings of the publication announce."""

from django.dispatch import Signal

site_changed = Signal()
"""Sent inside the transaction, with `changed`, the names of the fields that have another value."""
