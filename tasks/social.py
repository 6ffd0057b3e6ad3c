"""Other networks: a post is shared once through each account, and what they show follows the post."""

from app.social import effects, sharing
from app.social.sharing import post_to_social_media
from app.webhooks import calling, spreading
from app.webhooks import effects as webhooks
from owed import clock


@effects.share.runs
def share(*, post_id: int) -> None:
    post_to_social_media(post_id)


@effects.follow.runs_many
def follow(post_ids: list[int]) -> None:
    sharing.follow(post_ids)


@effects.deliver.runs
def deliver(*, social_post_id: int) -> None:
    sharing.deliver(social_post_id, now=clock.now())


@webhooks.spread.runs_many
def spread(happening_ids: list[int]) -> None:
    spreading.spread(happening_ids)


@webhooks.call.runs
def call(*, account_id: int, call_id: int) -> None:
    calling.call(call_id)
