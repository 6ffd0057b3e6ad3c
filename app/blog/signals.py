"""What this room says to others. Sent with send(), inside the transaction of the change, sender = the model."""

from django.dispatch import Signal

post_published = Signal()  # post: Post, with was_public and moved_at; once for each real transition to published
post_mailed = Signal()  # post: Post; once for each real transition to a publication by email alone
post_viewed = Signal()  # post: Post, user: User | None; sent by the page that shows the post
post_liked = Signal()  # post: Post, user: User; only when a row was made

post_created = Signal()  # post: Post; a draft was inserted
post_scheduled = Signal()  # post: Post; publish_at is set or changed
post_unscheduled = Signal()  # post: Post; the time that was set is not the time of publication any more
post_revised = Signal()  # post: Post, before: Placement, after: Placement; readers see something else now
post_withdrawn = Signal()  # post: Post, placement: Placement; its lists() are where readers saw it until now
post_deleted = Signal()  # post_id: int, before: Placement; once, whatever deleted it
# post_ids: list[int], scope: str, part: int; a name beside these public posts is another, or gone; a hundred posts a part
posts_relabelled = Signal()
pictures_changed = Signal()  # media: Media, post_ids: list[int]; it is shown otherwise in these posts, which were not revised
post_unliked = Signal()  # post: Post, user: User; only when a row was removed

comment_posted = Signal()  # comment: Comment; held or visible
comment_held = Signal()  # comment: Comment; it has come in, and waits for a moderator
comment_approved = Signal()  # comment: Comment; once, when it is first visible
comment_hidden = Signal()  # comment: Comment; it was visible until now
