"""RSS, Atom and JSON Feed documents, built ahead of the request."""
