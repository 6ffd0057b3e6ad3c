from django.apps import AppConfig

from app.blog.pages import EDITOR, PAGE_EDITOR
from app.newsletter.pages import SEND
from app.notices.pages import CONTROL_ROOM, EFFECTS
from app.site.pages import SETTINGS, STUDIO, Page, serve
from app.team.pages import DISCUSSION


class StudioConfig(AppConfig):
    name = "app.studio"
    label = "studio"

    def ready(self) -> None:
        serve(STUDIO, "studio:posts")
        serve(Page("welcome"), "studio:welcome")
        serve(SETTINGS, "studio:site_settings_tab")
        serve(EFFECTS, "studio:effects")
        serve(CONTROL_ROOM, "studio:control_room")
        serve(EDITOR, "studio:edit")
        serve(PAGE_EDITOR, "studio:site_page")
        serve(SEND, "studio:send")
        serve(DISCUSSION, "studio:discussion")
