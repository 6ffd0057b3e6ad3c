"""The search index follows the posts."""

from app.search import effects
from app.search.index import remove_from_search_index, update_search_index_batch


@effects.refresh.runs_many
def refresh(post_ids: list[int]) -> None:
    update_search_index_batch(post_ids)


@effects.relabel.runs
def relabel(*, post_ids: list[int]) -> None:
    update_search_index_batch(post_ids, again=True)


@effects.remove.runs_many
def remove(post_ids: list[int]) -> None:
    remove_from_search_index(post_ids)
