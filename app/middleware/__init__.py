"""Middleware of the whole site, one to a file."""
