"""The reader, the writer and the posts of the site's tests."""

from tests.web.fixtures import author, reader, write

__all__ = ["author", "reader", "write"]
