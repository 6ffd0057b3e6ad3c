from django.apps import AppConfig

from app.blog.pages import EDITOR
from app.newsletter.pages import SEND
from app.site.pages import STUDIO, serve
from app.team.pages import DISCUSSION


class StudioConfig(AppConfig):
    name = "app.studio"
    label = "studio"

    def ready(self) -> None:
        serve(STUDIO, "studio:posts")
        serve(EDITOR, "studio:edit")
        serve(SEND, "studio:send")
        serve(DISCUSSION, "studio:discussion")
