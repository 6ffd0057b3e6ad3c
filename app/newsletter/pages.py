"""Pages about the newsletter that a face serves."""

from app.site.pages import Page

SEND = Page("report of a send")
