"""The tutorial's own test class. Only its base class and the path of its patch differ from the text."""

from unittest.mock import patch

import pytest
from django.contrib.auth import get_user_model

from app.blog.models import Post
from owed.testing import EagerTestCase

User = get_user_model()


@pytest.mark.covers("T1", "T2", "T3", "T4", "T5", "A1", "A2")
class SignalTestCase(EagerTestCase):
    def setUp(self):
        self.user = User.objects.create_user(username="testuser", password="testpass")
        self.post = Post.objects.create(title="Test Post", content="Test Content", author=self.user)

    @patch("tasks.email.send_publication_notifications")
    def test_post_published_signal(self, mock_send):
        self.post.status = "published"
        self.post.save()

        mock_send.assert_called_once_with(self.post)

    def test_post_delete_signal(self):
        profile = self.user.profile
        initial_count = profile.post_count

        self.post.delete()

        profile.refresh_from_db()
        self.assertEqual(profile.post_count, initial_count - 1)  # noqa: PT009 - the text
