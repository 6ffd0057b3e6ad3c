from django.urls import path, re_path

from app.api.api import api
from app.api.errors import no_such_address

urlpatterns = [path("", api.urls), re_path(r"", no_such_address)]
