"""Members: sign-in and sign-up, passwords, email addresses, settings, data export, erasure."""
