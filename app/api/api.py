"""The REST interface, version 1: one NinjaAPI that the routers of this room join."""

from app.api import (
    comments,
    deliveries,
    effect_actions,
    effects,
    errors,
    exports,
    imports,
    likes,
    log,
    mail_check,
    media,
    moderation,
    pages,
    pauses,
    post_options,
    posts,
    previews,
    publication,
    redirects,
    reviews,
    revisions,
    samples,
    schedules,
    search,
    segments,
    sends,
    settings,
    statistics,
    subscribers,
    team,
    tokens,
    topics,
    webhooks,
)
from app.api.auth import signed_in
from app.api.description import DescribedApi

api = DescribedApi(title="Afterword", version="1", urls_namespace="api", docs_url=None, auth=signed_in)
errors.install(api)
api.add_router("/tokens", tokens.router)
for noun in (posts, publication, revisions, previews, comments, likes, reviews, post_options):
    api.add_router("/posts", noun.router)
api.add_router("/posts", samples.router)
api.add_router("/comments", moderation.router)
api.add_router("/pages", pages.router)
api.add_router("/media", media.router)
api.add_router("/subscribers", subscribers.router)
api.add_router("/sends", sends.router)
api.add_router("/sends", deliveries.router)
api.add_router("/deliveries", deliveries.copies)
api.add_router("/segments", segments.router)
api.add_router("/effects/actions", effect_actions.router)
api.add_router("/effects/pauses", pauses.router)
api.add_router("/effects", effects.router)
api.add_router("/schedules", schedules.router)
api.add_router("/imports", imports.router)
api.add_router("/team", team.router)
api.add_router("/topics", topics.router)
api.add_router("/log", log.router)
api.add_router("/webhooks", webhooks.router)
api.add_router("/exports", exports.router)
api.add_router("/settings", settings.router)
api.add_router("/redirects", redirects.router)
api.add_router("/mail", mail_check.router)
api.add_router("/search", search.router)
api.add_router("/statistics", statistics.router)
