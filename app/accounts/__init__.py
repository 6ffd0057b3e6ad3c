"""Who a person is here: users, profiles, tokens."""
