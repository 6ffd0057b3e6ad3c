"""Loaded by workers: hosts that do not answer are left alone for a tenth of the time."""

from __future__ import annotations

from app.outbound import breaker

for name in ("SHORTEST", "LONGEST", "PROBE", "LONGEST_WAIT"):
    setattr(breaker, name, getattr(breaker, name) / 10)
breaker.RETURNS *= 10
