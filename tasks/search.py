"""The search index follows the posts."""

from app.search.index import remove_from_search_index, update_search_index_batch
from app.search.optimized import optimized_handler
from owed.celery import effect


@effect("search.refresh", batch=optimized_handler.batch_size, debounce=0.5)
def refresh(*, post_ids: list[int]) -> None:
    """Bring these posts' documents up to date. Reads the posts as they are now, so that order does not matter."""
    update_search_index_batch(post_ids)


@effect("search.relabel")
def relabel(*, post_ids: list[int]) -> None:
    """Write these posts' documents anew: a name beside them is another, though they were not revised."""
    update_search_index_batch(post_ids, again=True)


@effect("search.remove", batch=optimized_handler.batch_size)
def remove(*, post_ids: list[int]) -> None:
    """Take deleted posts out of the index, also what an update that was under way has just put in."""
    remove_from_search_index(post_ids)
