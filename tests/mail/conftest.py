"""The mail servers of these tests."""

from tests.sinks import faulty, smtp_sink

__all__ = ["faulty", "smtp_sink"]
