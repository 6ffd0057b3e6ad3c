"""The people and posts of the reader pages' tests."""

from tests.web.conftest import author, reader, write

__all__ = ["author", "reader", "write"]
