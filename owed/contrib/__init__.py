"""Optional parts, each with what it needs: one file for each library."""
