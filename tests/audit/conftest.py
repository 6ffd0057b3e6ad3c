"""The writers, readers and mail servers of the newsletter's tests."""

from tests.newsletter.conftest import faulty, post, readers, smtp_sink

__all__ = ["faulty", "post", "readers", "smtp_sink"]
