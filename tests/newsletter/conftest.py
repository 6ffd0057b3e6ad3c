"""Readers by mail, a post, and the mail servers of these tests."""

from tests.newsletter.fixtures import faulty, post, readers, smtp_sink, twenty_in_an_effect

__all__ = ["faulty", "post", "readers", "smtp_sink", "twenty_in_an_effect"]
