import ast
import inspect

import pytest
from django.apps import apps
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from app.accounts import signals as accounts_signals
from app.accounts.models import User
from app.blog import deletion, renames, signals
from app.blog.models import Comment, Like, Post
from tasks import receivers
from tests.blog.announcements import names

pytestmark = pytest.mark.django_db


class TestSignals:
    @pytest.mark.covers("H33")
    def test_of_the_tutorial_are_plain_ones(self):
        for signal in (signals.post_published, signals.post_viewed, signals.post_liked, accounts_signals.user_registered):
            assert type(signal) is Signal

    @pytest.mark.covers("H33")
    def test_bring_what_is_documented_and_leave_no_trace_of_a_rollback(self, draft, reader, said):
        with pytest.raises(RuntimeError), transaction.atomic():
            draft.publish(at=timezone.now())
            draft.like(reader)
            raise RuntimeError

        assert said == [("post_published", {"post": draft}), ("post_liked", {"post": draft, "user": reader})]
        assert Post.objects.get().status == "draft"
        assert not Like.objects.exists()

    @pytest.mark.covers("H33", "A3")
    def test_are_sent_inside_the_transaction_by_the_model(self, draft):
        heard = []

        def listen(sender: type, post: Post, **kwargs: object) -> None:
            heard.append((sender, transaction.get_connection().in_atomic_block, Post.objects.get().status))

        signals.post_published.connect(listen)
        draft.publish(at=timezone.now())
        signals.post_published.disconnect(listen)
        assert heard == [(Post, True, "published")]

    @pytest.mark.covers("H33", "H13")
    def test_that_a_receiver_answers_with_an_error_undo_the_change(self, draft, author):
        def fail(**kwargs: object) -> None:
            raise RuntimeError

        signals.post_published.connect(fail)
        with pytest.raises(RuntimeError):
            draft.publish(at=timezone.now())
        signals.post_published.disconnect(fail)

        author.profile.refresh_from_db()
        assert (Post.objects.get().status, author.profile.published_post_count) == ("draft", 0)

    @pytest.mark.covers("H5")
    @pytest.mark.parametrize("module", [deletion, renames, receivers], ids=lambda module: module.__name__)
    def test_have_receivers_that_save_nothing(self, module):
        calls = [node.func.attr for node in ast.walk(ast.parse(inspect.getsource(module))) if _is_method_call(node)]

        assert "save" not in calls

    @pytest.mark.covers("G7")
    def test_have_senders_without_proxies_or_subclasses(self):
        senders = {Post, Comment, Like, User}
        others = [model for model in apps.get_models() if model not in senders and issubclass(model, tuple(senders))]

        assert others == []

    @pytest.mark.covers("H2", "G10")
    def test_of_a_draft_are_not_those_for_readers(self, author, said):
        Post.objects.create(title="Draft", content="-", author=author)

        assert names(said) == ["post_created"]


def _is_method_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
