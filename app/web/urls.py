"""The reader's addresses, and those of crawlers and operators."""

from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from app.web import (
    account,
    addresses,
    archive,
    comments,
    crawlers,
    health,
    joining,
    likes,
    lists,
    passwords,
    posts,
    search,
    signin,
)


class Username(StringConverter):
    """What a user may be called (UnicodeUsernameValidator): no control character reaches a query."""

    regex = r"[\w.@+-]+"


register_converter(Username, "username")
urlpatterns = [
    path("", lists.home, name="home"),
    path("posts/<slug:slug>/", posts.post, name="post"),
    path("posts/<slug:slug>/likes", likes.post_like, name="post_like"),
    path("posts/<slug:slug>/comments", comments.post_comment, name="post_comment"),
    path("authors/<username:username>/", lists.author, name="author"),
    path("categories/<slug:slug>/", lists.collection, {"kind": "category"}, name="category"),
    path("tags/<slug:slug>/", lists.collection, {"kind": "tag"}, name="tag"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<int:year>/", archive.archive_year, name="archive_year"),
    path("search/", search.search_page, name="search"),
    path("login/", signin.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("join/", joining.join, name="join"),
    path("password/", passwords.forgotten, name="password_reset"),
    path("password/<str:uidb64>/<str:token>/", passwords.Reset.as_view(), name="password_reset_confirm"),
    path("account/", account.account, name="account"),
    path("account/address", addresses.Change.as_view(), name="account_address"),
    path("account/address/confirmation", addresses.confirmation, name="account_confirmation"),
    path("account/password", passwords.Change.as_view(), name="account_password"),
    path("account/export", account.export, name="account_export"),
    path("account/deletion", account.deletion, name="account_deletion"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("favicon.ico", crawlers.favicon),
    path(".well-known/security.txt", crawlers.security, name="security"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.measures, name="metrics"),
]
