"""Sign-in with OpenID Connect: an account at another service, such as a company's, opens an account here."""
