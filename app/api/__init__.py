"""REST for programs, version 1."""
