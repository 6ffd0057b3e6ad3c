"""Which mail goes first."""

PREPARING = 20
"""The priority of what prepares a mailing: its recipients are listed before the mails of those that are ready."""
AWAITED = 50
"""The priority of what leads to a mail that someone waits for before the screen: it goes before mailings."""
