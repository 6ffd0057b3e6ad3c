"""Every URL: each room brings its own. Media are checked images of ours; a proxy may serve them instead."""

from django.contrib import admin
from django.urls import include, path
from django.utils.functional import lazy

from app.members.sign_in import staff_sign_in
from app.site.current import site
from app.web.media import media

admin.site.site_header = admin.site.site_title = lazy(lambda: site().name, str)()
admin.site.index_title = "Everything that is kept"

urlpatterns = [
    path("admin/login/", staff_sign_in),
    path("admin/", admin.site.urls),
    path("studio/", include("app.studio.urls")),
    path("api/v1/", include("app.api.urls")),
    path("", include("app.newsletter.urls")),
    path("", include("app.notices.urls")),
    path("", include("app.feeds.urls")),
    path("", include("app.second_factor.urls")),
    path("", include("app.openid.urls")),
    path("", include("app.members.urls")),
    path("", include("app.team.urls")),
    path("", include("app.web.urls")),
    path("media/<path:path>", media),
]
