"""A network that only records, for demonstrations and tests: the admin shows what was posted."""

from django.utils.translation import gettext_lazy as _

from app.social.models import DummyPost
from app.social.networks.base import Draft, Network, Posted
from owed import clock


class Dummy(Network):
    name = "dummy"
    label = _("Dummy")
    repeatable = True

    def post(self, draft: Draft) -> Posted:
        fields = {"account_id": self.login.account_id, "text": _text(draft), "url": draft.url, "revision": draft.revision}
        shown, _ = DummyPost.objects.get_or_create(key=draft.key, defaults=fields)
        return _posted(shown)

    def edit(self, draft: Draft, remote_id: str) -> Posted:
        older = DummyPost.objects.filter(key=draft.key, revision__lt=draft.revision)
        older.update(text=_text(draft), url=draft.url, revision=draft.revision, edited_at=clock.now())
        return Posted(remote_id=remote_id, url=f"dummy:{remote_id}")

    def delete(self, draft: Draft, remote_id: str) -> None:
        DummyPost.objects.filter(key=draft.key, deleted_at=None).update(deleted_at=clock.now())

    def find(self, draft: Draft) -> Posted | None:
        shown = DummyPost.objects.filter(key=draft.key).first()
        return _posted(shown) if shown else None


def _posted(shown: DummyPost) -> Posted:
    return Posted(remote_id=str(shown.pk), url=f"dummy:{shown.pk}")


def _text(draft: Draft) -> str:
    return f"{draft.wording or draft.title} {draft.url}"
