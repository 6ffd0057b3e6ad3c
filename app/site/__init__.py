"""The publication's frame: the layout of every page, and which room serves the pages that others link to."""
