"""The people who make the publication: invitations, roles, and what they say to each other about posts."""
