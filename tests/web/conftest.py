"""A reader, a writer, and posts for them."""

from tests.web.fixtures import author, reader, write

__all__ = ["author", "reader", "write"]
