"""Pages that notices link to and a room above serves."""

from app.site.pages import Page

EFFECTS = Page("effects")
CONTROL_ROOM = Page("control room")
