"""The search index follows the posts."""

from app.search import catching_up, effects, vocabulary
from app.search.index import remove_from_search_index, update_search_index_batch
from owed import task


@effects.refresh.runs_many
def refresh(post_ids: list[int]) -> None:
    update_search_index_batch(post_ids)


@effects.relabel.runs
def relabel(*, post_ids: list[int]) -> None:
    update_search_index_batch(post_ids, again=True)


@effects.remove.runs_many
def remove(post_ids: list[int]) -> None:
    remove_from_search_index(post_ids)


@effects.read_again.runs
def read_again() -> None:
    catching_up.read_again()


@task("search.catch_up", kind="external", timeout=300)
def catch_up() -> None:
    """Write documents again that an earlier release wrote, or that were read in another language."""
    catching_up.catch_up()


@task("search.recount", kind="external", timeout=900)
def recount() -> None:
    """Count the words of the index again, and remove those of posts that are gone."""
    vocabulary.recount()
