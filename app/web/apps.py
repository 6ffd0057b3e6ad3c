from django.apps import AppConfig

from app.blog.pages import AUTHOR, CATEGORY, POST, PREVIEW, TAG
from app.site.pages import ARCHIVE, HOME, SEARCH, serve


class WebConfig(AppConfig):
    name = "app.web"
    label = "web"

    def ready(self) -> None:
        for page in (HOME, ARCHIVE, SEARCH, POST, AUTHOR, CATEGORY, TAG):
            serve(page, page.name)
        serve(PREVIEW, "preview")
