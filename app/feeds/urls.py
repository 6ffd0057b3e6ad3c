"""Addresses of feeds: beside the page whose posts they hold."""

from django.urls import path

from app.feeds.views import feed

FILES = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}
FOLDERS = {"author": "authors/<str:name>/", "category": "categories/<str:name>/", "tag": "tags/<str:name>/"}

urlpatterns = [path(file, feed, {"form": form}, name=f"feed_{form}") for form, file in FILES.items()]
urlpatterns += [
    path(folder + file, feed, {"form": form, "kind": kind}, name=f"{kind}_feed_{form}")
    for kind, folder in FOLDERS.items()
    for form, file in FILES.items()
]
