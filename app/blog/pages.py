"""Pages about posts and what they are filed under: faces serve them, this room and the channels link to them."""

from app.site.pages import Page

POST = Page("post")
AUTHOR = Page("author")
CATEGORY = Page("category")
TAG = Page("tag")
EDITOR = Page("editor of a post")
PAGE = Page("page")
PAGE_EDITOR = Page("editor of a page")
PREVIEW = Page("preview of a post")
