"""Faults that need a whole machine: a full disk, another clock, servers of other makers. Slow, and not part of the tests."""
