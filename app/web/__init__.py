"""The reader's pages and the chrome around all pages."""
