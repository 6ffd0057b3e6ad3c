"""A signal that nobody else listens to, in a module where signals are found by name."""

from django.dispatch import Signal

something_happened = Signal()
