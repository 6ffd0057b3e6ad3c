"""The web process's entry point."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Django imports the views with the first request, which then takes seconds: a worker that says that it is ready must be.
import_module("config.urls")
