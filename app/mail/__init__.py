"""A message becomes bytes, and bytes reach an SMTP server, phase by phase."""
