"""Backups: one file with the database, the media and what is needed to use them; and their restoration, which sends nothing."""
