"""A bar for people who watch. Nothing where nobody does."""

from __future__ import annotations

from typing import TextIO

WIDTH = 30


class Progress:
    """Draws on a terminal, stays silent in a pipe or a log."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self.stream, self.total, self.count = stream, total, 0
        self.watched = stream.isatty()

    def move(self, count: int) -> None:
        """Count this many more."""
        self.count += count
        if self.watched and self.total:
            filled = WIDTH * self.count // self.total
            self.stream.write(f"\r[{'#' * filled}{'-' * (WIDTH - filled)}] {self.count:,}/{self.total:,}")
            self.stream.flush()

    def end(self) -> None:
        if self.watched:
            self.stream.write("\n")
