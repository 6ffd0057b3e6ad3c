"""The API's addresses; an address that leads nowhere is answered in JSON, too."""

from typing import cast

from django.urls import path, re_path

from app.api.api import api
from app.api.errors import View, not_found, with_json_refusals

routes = api.urls
for route in routes[0]:
    route.callback = with_json_refusals(cast("View", route.callback))

urlpatterns = [path("", not_found), path("", routes), re_path(r"", not_found)]
