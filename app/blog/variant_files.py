"""Where the variants of a picture are, and how they go."""

from __future__ import annotations

from django.core.files.storage import default_storage

FOLDER = "variants"


def folder_of(checksum: str) -> str:
    return f"{FOLDER}/{checksum[:2]}/{checksum}"


def remove_variants(checksum: str) -> int:
    """Remove every variant of the original with this checksum. Return how many. Safe to do twice."""
    folder = folder_of(checksum)
    names = listed(folder)[1]
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    if names:
        # A folder of the file system; a bucket has none, and takes this for a name without a file.
        default_storage.delete(folder)
    return len(names)


def listed(path: str) -> tuple[list[str], list[str]]:
    """Return the names of folders and files below a path; none where there is no such folder."""
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:
        return [], []
