"""Which mail goes first."""

AWAITED = 50
"""The priority of what leads to a mail that someone waits for before the screen: it goes before mailings."""
