"""Posts on other networks: one row for each account and post."""
