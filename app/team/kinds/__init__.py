"""Kinds of notice to the team, one to a file."""
