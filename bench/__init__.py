"""Speed, side by side with peers in one run: ratios, never promises in seconds."""
