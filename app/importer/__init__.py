"""Posts from other systems: Markdown trees, WordPress WXR and Ghost JSON, brought in by one writer.

`readers` turn a source into `Entry` values and know no database; `plan` gives each entry its slug and resolves links
between entries; `write` stores them, a chunk per transaction; `report` says what happened.
"""
