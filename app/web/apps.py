from django.apps import AppConfig

from app.blog.pages import AUTHOR, CATEGORY, PAGE, POST, PREVIEW, TAG
from app.site.pages import ARCHIVE, HOME, SEARCH, STYLE_SHEET, serve


class WebConfig(AppConfig):
    name = "app.web"
    label = "web"

    def ready(self) -> None:
        for page in (HOME, ARCHIVE, SEARCH, POST, AUTHOR, CATEGORY, TAG, PAGE):
            serve(page, page.name)
        serve(STYLE_SHEET, "site_css")
        serve(PREVIEW, "preview")
