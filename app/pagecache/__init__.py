"""Whole pages kept under the version of what they show, and the cache that is never the cause of an error."""
