"""The audit log: who did what to the publication, written in the transaction of the change."""
