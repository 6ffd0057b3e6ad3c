"""The studio's addresses."""

from django.urls import path

from app.studio import (
    comments,
    delivery_audit,
    effects,
    imports,
    mailbox,
    media,
    post_effects,
    posts,
    publication,
    sends,
    social,
)

app_name = "studio"
urlpatterns = [
    path("", posts.posts, name="posts"),
    path("posts/new/", posts.new, name="new"),
    path("posts/preview", posts.preview, name="preview"),
    path("posts/<int:pk>/", posts.edit, name="edit"),
    path("posts/<int:pk>/publication", publication.publication, name="publication"),
    path("posts/<int:pk>/schedule", publication.scheduling, name="schedule"),
    path("posts/<int:pk>/mailing/", publication.mailing, name="mailing"),
    path("posts/<int:pk>/deletion", publication.delete, name="delete"),
    path("posts/<int:pk>/effects/", post_effects.post_effects, name="post_effects"),
    path("comments/", comments.comments, name="comments"),
    path("comments/<int:pk>", comments.change_status, name="comment"),
    path("effects/", effects.effects, name="effects"),
    path("effects/replay", effects.replay_all, name="replay_all"),
    path("effects/<int:pk>/", post_effects.effect_page, name="effect"),
    path("effects/<int:pk>/replay", post_effects.replay, name="replay"),
    path("conservation/", delivery_audit.delivery_audit, name="delivery_audit"),
    path("sends/<int:pk>/", sends.send, name="send"),
    path("sends/<int:pk>/rest/", sends.send_rest, name="send_rest"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<str:name>/", mailbox.mail, name="mail"),
    path("mailbox/<str:name>/html", mailbox.mail_html, name="mail_html"),
    path("social/", social.social, name="social"),
    path("social/<int:pk>", social.account, name="social_account"),
    path("social/<int:pk>/removal", social.removal, name="social_removal"),
    path("import/", imports.imports, name="imports"),
    path("import/<int:pk>/", imports.one, name="import"),
    path("import/<int:pk>/report.txt", imports.report, name="import_report"),
    path("import/<int:pk>/start", imports.start, name="import_start"),
    path("import/<int:pk>/retry", imports.retry, name="import_retry"),
    path("import/<int:pk>/undo/", imports.undo, name="import_undo"),
    path("media/", media.media, name="media"),
    path("media/<int:pk>/", media.picture, name="picture"),
    path("media/<int:pk>/deletion", media.deletion, name="picture_deletion"),
]
