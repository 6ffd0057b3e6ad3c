"""The writers, readers and mail servers of the newsletter's tests."""

from tests.newsletter.conftest import author, faulty, post, readers, smtp_sink

__all__ = ["author", "faulty", "post", "readers", "smtp_sink"]
