"""Mail to one person about one thing, once."""
