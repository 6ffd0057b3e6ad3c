"""Two-factor sign-in: codes of an app (TOTP), passkeys (WebAuthn), and recovery codes."""
