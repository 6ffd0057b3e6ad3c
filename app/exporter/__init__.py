"""Leaving: everything that people wrote here, in one ZIP of plain files, which the importer reads back to the same site."""
