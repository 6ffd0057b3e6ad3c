"""What keeps a backup from being made or restored, in words for the one who runs the command."""


class BackupFailed(Exception):
    """The backup cannot be made. The message says why; no file was left."""


class BadBackup(Exception):
    """The file cannot be restored. The message says what is wrong with it; nothing was changed."""


class RestoreRefused(Exception):
    """The file is good, and the database must not be restored into. Nothing was changed."""


class RestoreFailed(Exception):
    """PostgreSQL refused a part of the dump. The database is as it was before."""
