"""URLs for readers, crawlers and operators."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from app.blog.converters import SlugConverter
from app.web import (
    archive,
    comments,
    favicon,
    health,
    likes,
    lists,
    posts,
    previews,
    robots,
    search,
    security_txt,
    site_css,
    site_pages,
    sitemap,
)


class Username(StringConverter):
    """What a user may be called (UnicodeUsernameValidator): no control character reaches a query."""

    regex = r"[\w.@+-]+"


register_converter(SlugConverter, "uslug")
register_converter(Username, "username")
urlpatterns = [
    path("", lists.home, name="home"),
    path("posts/<uslug:slug>/", posts.post, name="post"),
    path("posts/<uslug:slug>/likes", likes.post_like, name="post_like"),
    path("posts/<uslug:slug>/comments", comments.post_comment, name="post_comment"),
    path("previews/<str:token>/", previews.preview, name="preview"),
    path("authors/<username:username>/", lists.author, name="author"),
    path("categories/<uslug:slug>/", lists.collection, {"kind": "category"}, name="category"),
    path("tags/<uslug:slug>/", lists.collection, {"kind": "tag"}, name="tag"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<int:year>/", archive.archive_year, name="archive_year"),
    path("search/", search.search_page, name="search"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("site.css", site_css.site_css, name="site_css"),
    path("robots.txt", robots.robots, name="robots"),
    path("favicon.ico", favicon.favicon),
    path(".well-known/security.txt", security_txt.security_txt, name="security"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.measures, name="metrics"),
    path("<uslug:slug>/", site_pages.page, name="page"),
]
