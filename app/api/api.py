"""The REST interface, version 1: one NinjaAPI that the routers of this room join."""

from app.api import (
    comments,
    effect_actions,
    effects,
    errors,
    imports,
    likes,
    media,
    pauses,
    posts,
    publication,
    schedules,
    search,
    sends,
    statistics,
    subscribers,
    tokens,
)
from app.api.auth import signed_in
from app.api.description import DescribedApi

api = DescribedApi(title="Afterword", version="1", urls_namespace="api", docs_url=None, auth=signed_in)
errors.install(api)
api.add_router("/tokens", tokens.router)
for noun in (posts, publication, comments, likes):
    api.add_router("/posts", noun.router)
api.add_router("/media", media.router)
api.add_router("/subscribers", subscribers.router)
api.add_router("/sends", sends.router)
api.add_router("/effects/actions", effect_actions.router)
api.add_router("/effects/pauses", pauses.router)
api.add_router("/effects", effects.router)
api.add_router("/schedules", schedules.router)
api.add_router("/imports", imports.router)
api.add_router("/search", search.router)
api.add_router("/statistics", statistics.router)
