"""The API's addresses; an address that leads nowhere is answered in JSON, too."""

from typing import cast

from django.urls import path, re_path

from app.api.api import api
from app.api.errors import View, no_such_address, with_json_refusals

routes = api.urls
for route in routes[0]:
    route.callback = with_json_refusals(cast("View", route.callback))

urlpatterns = [path("", no_such_address), path("", routes), re_path(r"", no_such_address)]
