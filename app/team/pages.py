"""Pages that this room's mails link to; the studio serves them."""

from app.site.pages import Page

DISCUSSION = Page("discussion")
