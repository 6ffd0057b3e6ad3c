"""Cards of posts: the picture that a link to a post shows elsewhere. A worker draws it where a post has no cover.

The name of a card's file is made of what it says, so that a new title is a new address, and what others keep of the old one
stays right. A file that no post names any more goes a week later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from app.blog import effects
from app.blog.card_drawing import Card, can_write, draw
from app.blog.changes import change
from app.blog.models import Post
from app.site.current import site
from owed import owe

FOLDER = "cards"
DRAWING = 1
"""Raise it when cards are to look different: each is then drawn again."""
AGE = timedelta(days=7)
MOST = 200


def update_card(post_id: int) -> None:
    """Draw the card of a public post that has no cover, unless it is there. Safe to do twice."""
    post = Post.objects.public().select_related("author__profile").filter(pk=post_id, cover=None).first()
    if post is None:
        return
    name = _wanted(post)
    if name and not default_storage.exists(name):
        default_storage.save(name, ContentFile(draw(_card_of(post))))
    with change() as changing:
        if Post.objects.filter(pk=post_id).exclude(card=name).update(card=name):
            changing.touch(f"post:{post_id}")


def owe_missing_cards(most: int = MOST) -> int:
    """Owe the cards of older posts: those of a release that drew none, of an import, of before the site was renamed."""
    posts = Post.objects.public().filter(cover=None).select_related("author__profile").defer("content", "content_html")
    wanted = [post.pk for post in posts.order_by("-pk").iterator(500) if post.card != _wanted(post)][:most]
    with transaction.atomic():
        for pk in wanted:
            owe(effects.draw_card.si(post_id=pk), about=f"post:{pk}")
    return len(wanted)


def remove_stray_cards(now: datetime, *, age: timedelta = AGE) -> int:
    """Remove the files of cards that no post names and that are that old. Return how many. Safe to do twice."""
    found = [f"{FOLDER}/{folder}/{name}" for folder in _listed(FOLDER)[0] for name in _listed(f"{FOLDER}/{folder}")[1]]
    named = set(Post.objects.filter(card__in=found).values_list("card", flat=True))
    strays = [name for name in found if name not in named and default_storage.get_modified_time(name) <= now - age]
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _wanted(post: Post) -> str:
    """Return the name of the post's card; empty where the fonts cannot write its title: it shows the picture of the site."""
    card = _card_of(post)
    return _name(card) if can_write(card.title) else ""


def _card_of(post: Post) -> Card:
    return Card(title=post.title, author=post.author.profile.name, site=site().name)


def _name(card: Card) -> str:
    digest = sha256("\0".join([str(DRAWING), card.title, card.author, card.site]).encode()).hexdigest()
    return f"{FOLDER}/{digest[:2]}/{digest}.png"


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:
        return [], []
