"""Everything dies at random, and an oracle that knows nothing of the ledger says what became of it."""
