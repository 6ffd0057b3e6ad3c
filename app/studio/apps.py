from django.apps import AppConfig

from app.site.pages import serve


class StudioConfig(AppConfig):
    name = "app.studio"
    label = "studio"

    def ready(self) -> None:
        from app.notices.kinds.draft import EDITOR

        serve(EDITOR, "studio:edit")
