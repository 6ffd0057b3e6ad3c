"""The one setting that Celery takes from Django's, read when Celery is first asked for it and not when it is imported."""

from django.conf import settings

SETTINGS = {"broker_url": settings.CELERY_BROKER_URL}
