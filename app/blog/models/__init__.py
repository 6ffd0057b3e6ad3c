"""The tables of this room."""

from app.blog.models.comment import Comment, CommentStatus
from app.blog.models.like import Like
from app.blog.models.media import EarlierUse, Media
from app.blog.models.options import PostOptions
from app.blog.models.page import Page
from app.blog.models.post import Post
from app.blog.models.preview_link import PreviewLink
from app.blog.models.redirect import Redirect
from app.blog.models.revision import Revision
from app.blog.models.slug import PostSlug
from app.blog.models.taxonomy import Category, Tag
from app.blog.models.version import Version
from app.blog.models.working_copy import WorkingCopy
from app.blog.status import Status

__all__ = [
    "Category",
    "Comment",
    "CommentStatus",
    "EarlierUse",
    "Like",
    "Media",
    "Page",
    "Post",
    "PostOptions",
    "PostSlug",
    "PreviewLink",
    "Redirect",
    "Revision",
    "Status",
    "Tag",
    "Version",
    "WorkingCopy",
]
