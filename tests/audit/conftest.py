"""The readers and mail servers of the newsletter's tests."""

from tests.newsletter.fixtures import faulty, post, readers, smtp_sink

__all__ = ["faulty", "post", "readers", "smtp_sink"]
