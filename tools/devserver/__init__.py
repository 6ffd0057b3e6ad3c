"""The servers that run where no address is given: PostgreSQL, Valkey twice, a mailbox."""
