"""Posts from other systems: folders of static site generators, WordPress exports and Ghost exports.

`readers` turn a source into `SourcePost` values and know no database; `matching` finds the posts of an earlier import,
`links` gives each post its slug and resolves links between posts; `save` stores them, a chunk per transaction; `report` says
what happened.
"""
