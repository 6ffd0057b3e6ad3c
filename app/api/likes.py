"""The caller's like of a post. Doing it twice does nothing more."""

from ninja import Router, Schema, Status

from app.api.auth import Request
from app.api.errors import Problem
from app.api.fields import Id
from app.api.limits import limit
from app.api.permissions import visible_post
from app.blog.models import Post

router = Router(tags=["likes"])

PER_MINUTE = 60


class LikeOut(Schema):
    post: int
    like_count: int


@router.put("/{post_id}/like", response={200: LikeOut, 404: Problem, 409: Problem, 429: Problem})
def like(request: Request, post_id: Id) -> dict[str, int]:
    """Like a published post."""
    limit("likes", str(request.auth.pk), per_minute=PER_MINUTE)
    visible_post(post_id, request.auth).like(request.auth)
    return {"post": post_id, "like_count": Post.objects.values_list("like_count", flat=True).get(pk=post_id)}


@router.delete("/{post_id}/like", response={204: None, 404: Problem, 429: Problem})
def unlike(request: Request, post_id: Id) -> Status[None]:
    """Take the like back, if there is one."""
    limit("likes", str(request.auth.pk), per_minute=PER_MINUTE)
    visible_post(post_id, request.auth).unlike(request.auth)
    return Status(204, None)
