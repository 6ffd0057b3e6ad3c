"""Webhooks for what happens besides posts: each endpoint chooses its events; a call is owed, signed and accounted for."""
