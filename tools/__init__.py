"""Programs for developers: the bundled servers, generators of reference pages and screenshots."""
