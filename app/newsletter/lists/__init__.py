"""Whole mailing lists, coming and going as CSV."""
