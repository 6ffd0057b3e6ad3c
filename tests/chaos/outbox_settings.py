"""The project's settings with django-celery-outbox, which the scoreboard has installed beside the project, in $CHAOS_OUTBOX."""

import os
import sys

sys.path.append(os.environ["CHAOS_OUTBOX"])

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_celery_outbox"]
CELERY_OUTBOX_APP = "tests.chaos.plain.app"
