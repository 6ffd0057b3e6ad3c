"""The API's addresses; an address that leads nowhere is answered in JSON, too."""

from typing import cast

from django.urls import path, re_path
from django.views.decorators.vary import vary_on_headers

from app.api.api import api
from app.api.errors import View, not_found, with_json_refusals

routes = api.urls
for route in routes[0]:
    # What a token may see, a stranger with the same address may not.
    route.callback = vary_on_headers("Authorization")(with_json_refusals(cast("View", route.callback)))

urlpatterns = [path("", not_found), path("", routes), re_path(r"", not_found)]
